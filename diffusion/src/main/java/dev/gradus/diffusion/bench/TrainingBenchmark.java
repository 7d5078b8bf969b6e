package dev.gradus.diffusion.bench;

import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Tensor;
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
import java.util.List;

/**
 * Times the training step of {@code bench_train.py}, operator for operator but for the kernels: draw timesteps and noise, noise the
 * batch, forward under autocast, mean squared error, backward, clip the norm of the gradient, AdamW, average the weights.
 */
public final class TrainingBenchmark implements AutoCloseable {
    private static final List<String> SCRIPTS = List.of("bench_train.py", "bench_sample.py", "unet2d.py");

    private final Options options;
    private final Generator generator = Generator.defaultOf(Device.cpu());
    private final TensorScope scope = TensorScope.open();
    private final UNet2D model;
    private final Ema ema;
    private final AdamW optimizer;
    private final GradientClipping clipping;
    private final Tensor images;
    private final Tensor alphaBar;

    /**
     * What is timed.
     *
     * @param network its architecture
     * @param bf16 whether the network runs under bfloat16 autocast
     * @param fused whether with fused kernels, in channels-last
     * @param batch images of a step
     * @param warmup steps before those that are timed, and after the first
     * @param steps that are timed
     */
    public record Options(UNet2DConfig network, boolean bf16, boolean fused, int batch, int warmup, int steps) {}

    /**
     * What came out.
     *
     * @param firstMilliseconds of the first step
     * @param milliseconds of each of those that are timed
     * @param loss of the last step
     */
    public record Result(double firstMilliseconds, double[] milliseconds, double loss) {}

    private TrainingBenchmark(Options options) {
        this.options = options;
        Torch.manualSeed(0);
        UNet2DConfig network = options.network();
        model = new UNet2D(network, generator);
        if (options.fused()) {
            model.fuseKernels(true);
            model.to(MemoryFormat.CHANNELS_LAST);
        }
        ema = new Ema(model.namedParameters());
        optimizer = new AdamW(model.namedParameters(), AdamW.Options.defaults());
        clipping = new GradientClipping(model.parameters(), 1.0);
        images = Torch.randn(
                generator, options.batch(), network.inChannels(), network.sampleSize(), network.sampleSize());
        alphaBar = Torch.linspace(1e-4, 0.02, 1000).neg().add(1).cumprod(0);
    }

    /** Runs all steps, with the threads of libtorch as they are. Freed memory is kept in the process, as training does. */
    public static Result run(Options options) {
        Torch.retainFreedMemory();
        double[] milliseconds = new double[options.steps()];
        try (var benchmark = new TrainingBenchmark(options)) {
            double first = benchmark.timed(true).milliseconds;
            for (int i = 0; i < options.warmup(); i++) {
                benchmark.timed(false);
            }
            double loss = Double.NaN;
            for (int i = 0; i < milliseconds.length; i++) {
                Step step = benchmark.timed(i == milliseconds.length - 1);
                milliseconds[i] = step.milliseconds;
                loss = step.loss;
            }
            return new Result(first, milliseconds, loss);
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

    private record Step(double milliseconds, double loss) {}

    private Step timed(boolean readLoss) {
        long start = System.nanoTime();
        double loss = step(readLoss);
        return new Step((System.nanoTime() - start) / 1e6, loss);
    }

    /** One step; its loss is read only where it is wanted, else the answer is NaN. */
    private double step(boolean readLoss) {
        try (var _ = TensorScope.open()) {
            Tensor t = Torch.randint(0, 1000, generator, options.batch());
            Tensor epsilon = Torch.randnLike(images, generator);
            Tensor k = alphaBar.indexSelect(0, t).view(-1, 1, 1, 1);
            Tensor noised = k.sqrt().mul(images).add(k.neg().add(1).sqrt().mul(epsilon));
            Tensor output;
            try (var _ = Autocast.open(Device.Type.CPU, options.bf16() ? DType.BFLOAT16 : DType.FLOAT32)) {
                output = model.forward(noised, t);
            }
            Tensor loss = F.mseLoss(output.to(DType.FLOAT32), epsilon);
            optimizer.zeroGrad();
            loss.backward();
            clipping.apply();
            optimizer.step(1e-4);
            ema.update(0.999);
            return readLoss ? loss.item() : Double.NaN;
        }
    }

    @Override
    public void close() {
        clipping.close();
        optimizer.close();
        ema.close();
        model.close();
        scope.close();
        generator.close();
    }
}
