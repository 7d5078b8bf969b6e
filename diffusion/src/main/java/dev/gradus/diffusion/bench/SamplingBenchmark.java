package dev.gradus.diffusion.bench;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/**
 * Times what {@code bench_sample.py} does: a batch drawn by deterministic DDIM from given noise. The way is that of
 * {@link ImageGenerator}, as in every command; the network is one that is not trained.
 */
public final class SamplingBenchmark {
    private SamplingBenchmark() {}

    /**
     * What is timed.
     *
     * @param network its architecture
     * @param device where; on a GPU the calls of the network are captured as a CUDA graph, anew for each batch
     * @param bf16 whether the network runs under bfloat16 autocast
     * @param batch images that are drawn together
     * @param samplingSteps calls of the network for each
     * @param warmup batches before those that are timed, and after the first
     * @param batches that are timed
     */
    public record Options(
            UNet2DConfig network, Device device, boolean bf16, int batch, int samplingSteps, int warmup, int batches) {}

    /**
     * What came out.
     *
     * @param firstMilliseconds of the first batch
     * @param milliseconds of each of those that are timed
     * @param magnitude the mean absolute value of the images
     */
    public record Result(double firstMilliseconds, double[] milliseconds, double magnitude) {}

    /** Draws all batches, with the threads of libtorch as they are. Freed memory is kept in the process. */
    public static Result run(Options options) {
        Torch.retainFreedMemory();
        TrainConfig config = TrainConfig.defaults()
                .with("model", options.network())
                .with("objective", TrainConfig.Objective.EPSILON)
                .with("schedule.kind", ScheduleConfig.Kind.LINEAR);
        SamplingConfig sampling = config.sampling()
                .with("steps", options.samplingSteps())
                .with("precision", options.bf16() ? SamplingConfig.Precision.BF16 : SamplingConfig.Precision.FP32);
        double[] milliseconds = new double[options.batches()];
        double[] magnitude = new double[1];
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1);
                ImageGenerator images = ImageGenerator.untrained(config, options.device())) {
            int size = options.network().sampleSize();
            Tensor noise =
                    Torch.randn(generator, options.batch(), options.network().inChannels(), size, size);
            double first = timed(images, sampling, noise, magnitude);
            for (int i = 0; i < options.warmup(); i++) {
                timed(images, sampling, noise, magnitude);
            }
            for (int i = 0; i < milliseconds.length; i++) {
                milliseconds[i] = timed(images, sampling, noise, magnitude);
            }
            return new Result(first, milliseconds, magnitude[0]);
        }
    }

    private static double timed(ImageGenerator images, SamplingConfig sampling, Tensor noise, double[] magnitude) {
        try (var _ = TensorScope.open()) {
            long start = System.nanoTime();
            Tensor drawn = images.draw(sampling, noise, Conditioning.none(), "", 0, SamplingListener.NONE);
            double milliseconds = (System.nanoTime() - start) / 1e6;
            magnitude[0] = drawn.abs().mean().item();
            return milliseconds;
        }
    }
}
