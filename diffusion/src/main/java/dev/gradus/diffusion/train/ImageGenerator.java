package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.sampler.GuidedDenoiser;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws images from a trained network: the one way for the command line, for evaluation and for experiments.
 *
 * <pre>{@code
 * Path ema = RunFolder.existing(run).newestCheckpoint().orElseThrow().resolve("ema");
 * try (var images = ImageGenerator.open(config, ema, Device.cpu())) {
 *     for (long first = 0; first < 10_000; first += 250) {
 *         try (var _ = TensorScope.open()) {
 *             Tensor batch = images.draw(config.sampling(), seed, first, 250);
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>The images of a seed are a sequence without end. Image number i has its own noise and its own class, whatever the
 * batches are; samplers that add noise draw it for a batch, so with them the images depend on the batches too.
 *
 * <p>Belongs to one thread.
 */
public final class ImageGenerator implements AutoCloseable {
    /** Images whose noise is drawn at once. A generator of the CPU has 2^32 seeds, too few to take one for each image. */
    private static final int BLOCK = 64;

    private final Network network;
    private final NoiseSchedule schedule;
    private final Objective objective;
    private final Device device;

    private ImageGenerator(Network network, NoiseSchedule schedule, Objective objective, Device device) {
        this.network = network;
        this.schedule = schedule;
        this.objective = objective;
        this.device = device;
    }

    /**
     * Loads a network.
     *
     * @param config the run's, of which schedule, objective and {@code sigmaData} are used
     * @param weights a folder with {@code config.json} and weights, such as {@code ema} in a checkpoint; a learned schedule is
     *     read from the checkpoint around it
     * @throws IOException if they cannot be read
     */
    public static ImageGenerator open(TrainConfig config, Path weights, Device device) throws IOException {
        Path checkpoint = weights.toAbsolutePath().normalize().getParent();
        NoiseSchedule schedule = TrainingState.schedule(config, checkpoint);
        Network network = Network.load(weights);
        network.to(device);
        network.train(false);
        return new ImageGenerator(
                network, schedule, Objective.of(config.objective(), schedule.path(), config.sigmaData()), device);
    }

    /** The architecture of the network. */
    public ModelConfig model() {
        return network.config();
    }

    /** Where the network is. */
    public Device device() {
        return device;
    }

    /** The schedule, as it was when the network was saved. */
    public NoiseSchedule schedule() {
        return schedule;
    }

    /**
     * The noise of images {@code first} to {@code first + count - 1} of a seed: (count, C, H, W) float32, on the CPU, the same
     * for every device.
     */
    public Tensor noise(long seed, long first, int count) {
        if (first < 0 || count < 1) {
            throw new IllegalArgumentException("there are no " + count + " images from image " + first + " on");
        }
        int size = model().sampleSize();
        List<Tensor> parts = new ArrayList<>();
        for (long at = first; at < first + count; ) {
            long block = at / BLOCK;
            long end = Math.min(first + count, (block + 1) * BLOCK);
            try (Generator generator = Generator.cpu(seedOf(seed, block))) {
                parts.add(Torch.randn(generator, BLOCK, model().inChannels(), size, size)
                        .narrow(0, at % BLOCK, end - at));
            }
            at = end;
        }
        return Torch.cat(parts, 0);
    }

    /** A seed for part {@code index} of what a seed determines: SplitMix64, twice. */
    private static long seedOf(long seed, long index) {
        return new SplittableRandom(new SplittableRandom(seed).nextLong() + index).nextLong();
    }

    /** How many classes the network can draw; 0 for one that takes none. */
    public int classes() {
        return classes(model());
    }

    static int classes(ModelConfig model) {
        return model.numClassEmbeds() == null ? 0 : model.numClassEmbeds() - (model.nullClass() == null ? 0 : 1);
    }

    /** What images {@code first} to {@code first + count - 1} are when nothing is asked for: the classes in turn. */
    public Conditioning inTurn(long first, int count) {
        return inTurn(model(), first, count, device);
    }

    static Conditioning inTurn(ModelConfig model, long first, int count, Device device) {
        int classes = classes(model);
        return classes == 0
                ? Conditioning.none()
                : Conditioning.ofLabels(Torch.arange(first, first + count, 1)
                        .remainder(classes)
                        .to(DType.INT64)
                        .to(device));
    }

    /** What the unconditional half of guidance is told: no class; null for a network that knows no such thing. */
    private Conditioning unconditional(int count) {
        Integer none = model().nullClass();
        return none == null
                ? null
                : Conditioning.ofLabels(Torch.full(TensorOptions.of(device).dtype(DType.INT64), none, count));
    }

    /**
     * Draws images {@code first} to {@code first + count - 1} of a seed, with the classes in turn.
     *
     * @return (count, C, H, W) float32, around [-1, 1], on the device; owned by the current scope
     * @throws IllegalArgumentException if there are more steps than timesteps, or guidance is asked of a network that was not
     *     trained for it
     */
    public Tensor draw(SamplingConfig sampling, long seed, long first, int count) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(draw(
                    sampling,
                    noise(seed, first, count),
                    inTurn(first, count),
                    seedOf(~seed, first),
                    SamplingListener.NONE));
        }
    }

    /**
     * Draws images from noise.
     *
     * @param noise (B, C, H, W) float32, standard normal
     * @param wanted what to draw, on the device
     * @param seed of the noise that the sampler adds, if it does
     * @param listener told of each step; may throw to end it
     * @return (B, C, H, W) float32, around [-1, 1], on the device; owned by the current scope
     * @throws IllegalArgumentException as above
     */
    public Tensor draw(
            SamplingConfig sampling, Tensor noise, Conditioning wanted, long seed, SamplingListener listener) {
        try (TensorScope scope = TensorScope.open();
                Generator generator = Generator.on(device, seed)) {
            Conditioning unwanted = unconditional(Math.toIntExact(noise.size(0)));
            Denoiser denoiser = GuidedDenoiser.of(network, objective, schedule, wanted, unwanted, sampling.guidance());
            return scope.promote(
                    Sampler.of(sampling, schedule).sample(denoiser, noise.to(device), generator, listener));
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
