package dev.gradus.diffusion.bench;

import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.Backends;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Profile;
import dev.gradus.torch.Profiler;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import dev.gradus.torch.optim.GradientClipping;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Times the training step of {@code bench_train.py}, operator for operator but for the kernels: draw timesteps and noise, noise the
 * batch, forward under autocast, mean squared error, backward, clip the norm of the gradient, AdamW, average the weights.
 *
 * <p>On a GPU a time is that of {@link #GPU_STEPS} steps, waited for at their end, divided by their number, here as there.
 */
public final class TrainingBenchmark implements AutoCloseable {
    /** Steps between two waits for a GPU. */
    public static final int GPU_STEPS = 10;

    private static final List<String> SCRIPTS =
            List.of("bench_train.py", "bench_sample.py", "bench_setup.py", "unet2d.py");

    /** The side of the matrices whose product tells what a GPU can do at most. */
    private static final int SIDE = 8192;

    private final Options options;
    private final Generator generator;
    private final CapturedBody.Stream stream;
    private final TensorScope scope;
    private final UNet2D model;
    private final Ema ema;
    private final AdamW optimizer;
    private final GradientClipping clipping;
    private final Tensor images;
    private final Tensor alphaBar;
    private final Tensor loss;
    private final CapturedBody body;
    private String obstacle;

    /**
     * What is timed.
     *
     * @param network its architecture
     * @param device where
     * @param bf16 whether the network runs under bfloat16 autocast
     * @param fused whether with fused kernels, in channels-last
     * @param graph whether the step is captured as a CUDA graph
     * @param batch images of a step
     * @param warmup steps before those that are timed, and after the first
     * @param steps that are timed; on a GPU {@link #GPU_STEPS} times as many
     */
    public record Options(
            UNet2DConfig network,
            Device device,
            boolean bf16,
            boolean fused,
            boolean graph,
            int batch,
            int warmup,
            int steps) {}

    /**
     * What came out.
     *
     * @param firstMilliseconds of the first step
     * @param milliseconds of each of those that are timed
     * @param loss of the last step
     * @param busy the share of the time of some further steps in which the GPU computed something; NaN on the CPU
     * @param peak the most bytes that tensors had on the GPU; 0 on the CPU
     */
    public record Result(double firstMilliseconds, double[] milliseconds, double loss, double busy, long peak) {}

    private TrainingBenchmark(Options options) {
        this.options = options;
        Device device = options.device();
        if (device.isCuda()) {
            Backends.TF32_MATMUL.set(true);
            Backends.TF32_CUDNN.set(true);
            Backends.CUDNN_BENCHMARK.set(true);
        }
        stream = CapturedBody.stream(device);
        scope = TensorScope.open();
        generator = Generator.defaultOf(device);
        Torch.manualSeed(0);
        UNet2DConfig network = options.network();
        try (Generator initial = Generator.defaultOf(Device.cpu())) {
            model = new UNet2D(network, initial);
        }
        model.to(device);
        if (options.fused()) {
            model.fuseKernels(true);
            model.to(MemoryFormat.CHANNELS_LAST);
        }
        ema = new Ema(model.namedParameters());
        optimizer = new AdamW(model.namedParameters(), AdamW.Options.defaults());
        clipping = new GradientClipping(model.parameters(), 1.0);
        images = Torch.randn(
                generator,
                TensorOptions.of(device),
                options.batch(),
                network.inChannels(),
                network.sampleSize(),
                network.sampleSize());
        alphaBar = Torch.linspace(1e-4, 0.02, 1000).neg().add(1).cumprod(0).to(device);
        loss = Torch.zeros(TensorOptions.of(device));
        body = new CapturedBody(
                this::step,
                device.isCuda() && options.graph() ? CapturedBody.onGpu(device) : null,
                2,
                e -> obstacle = String.valueOf(e.getMessage()));
    }

    /** Runs all steps, with the threads of libtorch as they are. Freed memory is kept in the process, as training does. */
    public static Result run(Options options) {
        Torch.retainFreedMemory();
        boolean cuda = options.device().isCuda();
        double[] milliseconds = new double[options.steps()];
        try (var benchmark = new TrainingBenchmark(options)) {
            double first = benchmark.timed(1);
            for (int i = 0; i < options.warmup(); i++) {
                benchmark.timed(1);
            }
            for (int i = 0; i < milliseconds.length; i++) {
                milliseconds[i] = benchmark.timed(cuda ? GPU_STEPS : 1);
            }
            if (benchmark.obstacle != null) {
                throw new IllegalStateException("the step cannot be captured: " + benchmark.obstacle);
            }
            double last = benchmark.loss.item();
            int index = cuda ? Cuda.currentDevice() : 0;
            long peak = cuda ? Cuda.memory(index).peak() : 0;
            return new Result(first, milliseconds, last, cuda ? benchmark.busy() : Double.NaN, peak);
        }
    }

    /**
     * Measures the product of two large bfloat16 matrices on a GPU.
     *
     * @return operations in a second
     */
    public static double matrixRate(Device device) {
        try (var _ = TensorScope.open()) {
            TensorOptions bf16 = TensorOptions.of(device).dtype(DType.BFLOAT16);
            Tensor a = Torch.ones(bf16, SIDE, SIDE);
            Tensor b = Torch.ones(bf16, SIDE, SIDE);
            int times = 20;
            long start = 0;
            for (int i = -5; i < times; i++) {
                if (i == 0) {
                    Cuda.synchronize(Cuda.currentDevice());
                    start = System.nanoTime();
                }
                a.matmul(b).close();
            }
            Cuda.synchronize(Cuda.currentDevice());
            return 2.0 * SIDE * SIDE * SIDE * times / ((System.nanoTime() - start) / 1e9);
        }
    }

    /**
     * Writes the scripts that do the same in Python into a folder: {@code bench_train.py}, {@code bench_sample.py}, and the network.
     *
     * @return their paths
     * @throws IOException if they cannot be written
     */
    public static List<Path> writeScripts(Path folder) throws IOException {
        List<Path> written = new ArrayList<>();
        for (String name : SCRIPTS) {
            // The resources of a package are its module's alone.
            try (InputStream script = TrainingBenchmark.class.getResourceAsStream(name)) {
                Path file = folder.resolve(name);
                Files.copy(script, file);
                written.add(file);
            }
        }
        return written;
    }

    /** Milliseconds of a step, of several that are waited for together. */
    private double timed(int steps) {
        long start = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            body.run();
        }
        synchronize();
        return (System.nanoTime() - start) / 1e6 / steps;
    }

    private void synchronize() {
        if (options.device().isCuda()) {
            Cuda.synchronize(Cuda.currentDevice());
        }
    }

    private void step() {
        try (var _ = TensorScope.open()) {
            Device device = options.device();
            Tensor t = Torch.randint(0, 1000, generator, options.batch());
            Tensor epsilon = Torch.randnLike(images, generator);
            Tensor k = alphaBar.indexSelect(0, t).view(-1, 1, 1, 1);
            Tensor noised = k.sqrt().mul(images).add(k.neg().add(1).sqrt().mul(epsilon));
            Tensor output;
            try (var _ = Autocast.open(device.type(), options.bf16() ? DType.BFLOAT16 : DType.FLOAT32)) {
                output = model.forward(noised, t);
            }
            Tensor found = F.mseLoss(output.to(DType.FLOAT32), epsilon);
            optimizer.zeroGrad();
            found.backward();
            clipping.apply();
            optimizer.step(1e-4);
            ema.update(0.999);
            loss.copy_(found.detach());
        }
    }

    /** The time in which at least one kernel or copy ran, by the time from the first to the last. */
    private double busy() {
        try (Profiler profiler = Profiler.start(Profiler.Options.DEFAULT.cuda(true))) {
            timed(2 * GPU_STEPS);
            try (Profile profile = profiler.stop()) {
                return busy(profile.events());
            }
        }
    }

    /** As above, of events in any order; 0 if none is of a device. */
    static double busy(List<Profile.Event> events) {
        List<Profile.Event> kernels = events.stream()
                .filter(Profile.Event::onDevice)
                .sorted(Comparator.comparingLong(Profile.Event::start))
                .toList();
        if (kernels.isEmpty()) {
            return 0;
        }
        long from = kernels.getFirst().start();
        long end = from;
        long busy = 0;
        for (Profile.Event kernel : kernels) {
            long until = kernel.start() + kernel.duration();
            busy += Math.max(0, until - Math.max(end, kernel.start()));
            end = Math.max(end, until);
        }
        return end == from ? 0 : (double) busy / (end - from);
    }

    @Override
    public void close() {
        body.close();
        clipping.close();
        optimizer.close();
        ema.close();
        model.close();
        scope.close();
        generator.close();
        stream.close();
    }
}
