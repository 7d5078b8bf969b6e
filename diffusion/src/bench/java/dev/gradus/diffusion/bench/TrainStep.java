package dev.gradus.diffusion.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import dev.gradus.torch.optim.GradientClipping;
import java.util.Arrays;

/**
 * Times the training step of src/test/python/bench_train.py, operator for operator, and prints one line of JSON: the median
 * and least milliseconds of a step, and the last loss, which is Python's when everything else is.
 *
 * <p>Arguments: config (fashion, cifar10), precision (fp32, bf16), batch, threads, warm-up steps, steps, and whether freed
 * memory is kept, as the trainer does (true, false).
 */
public final class TrainStep implements AutoCloseable {
    private final Generator generator = Generator.defaultOf(Device.cpu());
    private final TensorScope scope = TensorScope.open();
    private final DType precision;
    private final int batch;
    private final UNet2D model;
    private final Ema ema;
    private final AdamW optimizer;
    private final GradientClipping clipping;
    private final Tensor images;
    private final Tensor alphaBar;

    private TrainStep(UNet2DConfig config, DType precision, int batch) {
        this.precision = precision;
        this.batch = batch;
        Torch.manualSeed(0);
        model = new UNet2D(config, generator);
        ema = new Ema(model.namedParameters());
        optimizer = new AdamW(model.namedParameters(), AdamW.Options.defaults());
        clipping = new GradientClipping(model.parameters(), 1.0);
        images = Torch.randn(generator, batch, config.inChannels(), config.sampleSize(), config.sampleSize());
        alphaBar = Torch.linspace(1e-4, 0.02, 1000).neg().add(1).cumprod(0);
    }

    /** See the class. */
    public static void main(String[] args) {
        UNet2DConfig config = args[0].equals("cifar10") ? UNet2DConfig.cifar10() : UNet2DConfig.fashion();
        DType precision = args[1].equals("bf16") ? DType.BFLOAT16 : DType.FLOAT32;
        int warmup = Integer.parseInt(args[4]);
        double[] milliseconds = new double[Integer.parseInt(args[5])];
        Torch.setNumThreads(Integer.parseInt(args[3]));
        if (Boolean.parseBoolean(args[6])) {
            Torch.retainFreedMemory();
        }
        try (var bench = new TrainStep(config, precision, Integer.parseInt(args[2]))) {
            double loss = 0;
            for (int i = 0; i < 1 + warmup; i++) {
                loss = bench.step(i == 0);
            }
            for (int i = 0; i < milliseconds.length; i++) {
                long start = System.nanoTime();
                loss = bench.step(i == milliseconds.length - 1);
                milliseconds[i] = (System.nanoTime() - start) / 1e6;
            }
            print(milliseconds, loss);
        }
    }

    /** One step; its loss is read only where it is wanted, else the answer is NaN. */
    private double step(boolean readLoss) {
        try (var _ = TensorScope.open()) {
            Tensor t = Torch.randint(0, 1000, generator, batch);
            Tensor epsilon = Torch.randnLike(images, generator);
            Tensor k = alphaBar.indexSelect(0, t).view(-1, 1, 1, 1);
            Tensor noised = k.sqrt().mul(images).add(k.neg().add(1).sqrt().mul(epsilon));
            Tensor output;
            try (var _ = Autocast.open(Device.Type.CPU, precision)) {
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

    private static void print(double[] milliseconds, double loss) {
        double[] sorted = milliseconds.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("ms_per_step", sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
        line.put("min_ms", sorted[0]);
        line.put("loss", loss);
        System.out.println(line);
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
