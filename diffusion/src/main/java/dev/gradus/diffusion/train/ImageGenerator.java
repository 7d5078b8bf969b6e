package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.CudaConfig;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.ModelFolderException;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.sampler.CapturedDenoiser;
import dev.gradus.diffusion.sampler.GuidedDenoiser;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

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
 * <p>The images of a seed are a sequence without end. Image number i has its own noise, class and caption, whatever the
 * batches are; samplers that add noise draw it for a batch, so with them the images depend on the batches too.
 *
 * <p>Belongs to one thread.
 */
public final class ImageGenerator implements AutoCloseable {
    /** Images whose noise is drawn at once. A generator of the CPU has 2^32 seeds, too few to take one for each image. */
    private static final int BLOCK = 64;

    /** The folder of the text encoder, in the folder of the network that it belongs to or beside it. */
    public static final String TEXT_ENCODER = "text_encoder";

    private final Network network;
    private final boolean ownsText;
    private final TextEncoder text; // null for a network that takes none
    private final NoiseSchedule schedule;
    private final Objective objective;
    private final Device device;
    private final boolean captures;
    private List<String> captions = List.of("");

    /**
     * Takes over the network, and the text encoder where {@code ownsText}; both are on the device and in evaluation mode.
     *
     * @param cuda how a GPU is used
     */
    ImageGenerator(
            Network network,
            TextEncoder text,
            boolean ownsText,
            NoiseSchedule schedule,
            Objective objective,
            Device device,
            CudaConfig cuda) {
        this.captures = device.isCuda() && cuda.graph() != CudaConfig.Graph.OFF;
        this.network = network;
        this.text = text;
        this.ownsText = ownsText;
        this.schedule = schedule;
        this.objective = objective;
        this.device = device;
    }

    /**
     * Loads a network.
     *
     * @param config the run's, of which schedule, objective and {@code sigmaData} are used
     * @param weights a folder with {@code config.json} and weights, such as {@code ema} in a checkpoint; a learned schedule is
     *     read from the checkpoint around it. A network that takes text needs the folder {@link #TEXT_ENCODER} in it or beside
     *     it.
     * @throws ModelFolderException if a part is missing, or the parts do not fit together
     * @throws IOException if they cannot be read
     */
    public static ImageGenerator open(TrainConfig config, Path weights, Device device) throws IOException {
        Path checkpoint = weights.toAbsolutePath().normalize().getParent();
        NoiseSchedule schedule = TrainingState.schedule(config, checkpoint);
        Network network = Network.load(weights);
        TextEncoder text;
        try {
            text = textEncoder(network.config(), weights);
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
        network.to(device);
        network.train(false);
        Kernels.prepare(config, device);
        Kernels.choose(config, network, device);
        if (text != null) {
            text.to(device);
            text.trainable().ifPresent(module -> module.train(false));
        }
        return new ImageGenerator(
                network,
                text,
                true,
                schedule,
                Objective.of(config.objective(), schedule.path(), config.sigmaData()),
                device,
                config.cuda());
    }

    private static TextEncoder textEncoder(ModelConfig model, Path weights) throws IOException {
        if (model.crossAttentionDim() == null) {
            return null;
        }
        Path folder = textEncoder(weights);
        TextEncoder text = TextEncoder.load(folder);
        if (text.width() != model.crossAttentionDim()) {
            text.close();
            throw new ModelFolderException("the text encoder in " + folder + " makes " + text.width()
                    + " numbers per token, but the network in " + weights + " takes " + model.crossAttentionDim());
        }
        return text;
    }

    /**
     * The folder of the text encoder that belongs to the network in a folder.
     *
     * @throws ModelFolderException if there is none
     */
    public static Path textEncoder(Path weights) throws ModelFolderException {
        Path inside = weights.resolve(TEXT_ENCODER);
        Path folder = Files.isDirectory(inside)
                ? inside
                : weights.toAbsolutePath().normalize().resolveSibling(TEXT_ENCODER);
        if (!Files.isDirectory(folder)) {
            throw new ModelFolderException("the network in " + weights
                    + " takes text, but there is no text encoder: no folder " + TEXT_ENCODER + " in it or beside it");
        }
        return folder;
    }

    /**
     * A network as training with this configuration begins with it, on the schedule that training begins with.
     *
     * @throws IllegalArgumentException if it takes text: an encoder belongs to a vocabulary
     */
    public static ImageGenerator untrained(TrainConfig config, Device device) {
        if (config.model().crossAttentionDim() != null) {
            throw new IllegalArgumentException("a network that takes text cannot draw before training");
        }
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        Network network;
        try (Generator initial = Generator.cpu(config.seed())) {
            network = Network.of(config.model(), initial);
        }
        network.to(device);
        network.train(false);
        Kernels.prepare(config, device);
        Kernels.choose(config, network, device);
        return new ImageGenerator(
                network,
                null,
                false,
                schedule,
                Objective.of(config.objective(), schedule.path(), config.sigmaData()),
                device,
                config.cuda());
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

    /** Whether the network takes text. */
    public boolean takesText() {
        return text != null;
    }

    /** What a network that takes text draws in turn when nothing is asked for; at first the empty caption. */
    public void captions(List<String> inTurn) {
        if (inTurn.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one caption");
        }
        captions = List.copyOf(inTurn);
    }

    /** What images {@code first} to {@code first + count - 1} are when nothing is asked for: classes and captions in turn. */
    public Conditioning inTurn(long first, int count) {
        int classes = classes();
        int[] labels = new int[count];
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels[i] = classes == 0 ? 0 : (int) ((first + i) % classes);
            texts.add(captions.get((int) ((first + i) % captions.size())));
        }
        return condition(labels, texts);
    }

    /**
     * What to draw, as the network takes it.
     *
     * @param labels of each image; not used by a network that takes no classes
     * @param texts of each image; not used by one that takes no text
     * @return on the device, in the current scope
     */
    public Conditioning condition(int[] labels, List<String> texts) {
        Tensor classes =
                classes() == 0 ? null : Torch.tensor(labels).to(DType.INT64).to(device);
        if (text == null) {
            return Conditioning.ofLabels(classes);
        }
        Conditioning encoded = encoded(texts);
        return new Conditioning(classes, encoded.text(), encoded.textMask());
    }

    private Conditioning encoded(List<String> texts) {
        try (var _ = Autograd.noGrad()) {
            return text.condition(text.tokens(texts).to(device));
        }
    }

    /** Whether the network knows what no condition is, which guidance needs. */
    public boolean canBeGuided() {
        return text != null || model().nullClass() != null;
    }

    /**
     * What the unconditional half of guidance is told: no class, and a negative text or the empty one. A network that knows no
     * null class is told the class that is wanted.
     *
     * @return null if {@link #canBeGuided} is false
     */
    private Conditioning unwanted(Conditioning wanted, String negative, int count) {
        if (!canBeGuided()) {
            return null;
        }
        Tensor labels = model().nullClass() == null
                ? wanted.labels()
                : Torch.full(TensorOptions.of(device).dtype(DType.INT64), model().nullClass(), count);
        if (text == null) {
            return Conditioning.ofLabels(labels);
        }
        Conditioning encoded = encoded(Collections.nCopies(count, negative));
        return new Conditioning(labels, encoded.text(), encoded.textMask());
    }

    /**
     * Draws images {@code first} to {@code first + count - 1} of a seed, of the classes and captions in turn.
     *
     * @return (count, C, H, W) float32, around [-1, 1], on the device; owned by the current scope
     * @throws IllegalArgumentException if there are more steps than timesteps, or guidance is asked of a network that was not
     *     trained for it
     */
    public Tensor draw(SamplingConfig sampling, long seed, long first, int count) {
        return draw(sampling, seed, first, count, SamplingListener.NONE);
    }

    /** {@link #draw(SamplingConfig, long, long, int)} that tells of each step. */
    public Tensor draw(SamplingConfig sampling, long seed, long first, int count, SamplingListener listener) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(draw(
                    sampling, noise(seed, first, count), inTurn(first, count), "", seedOf(~seed, first), listener));
        }
    }

    /**
     * Draws images from noise.
     *
     * @param noise (B, C, H, W) float32, standard normal
     * @param wanted what to draw, from {@link #condition}
     * @param negative the text that guidance keeps away from; empty for none
     * @param seed of the noise that the sampler adds, if it does
     * @param listener told of each step; may throw to end it
     * @return (B, C, H, W) float32, around [-1, 1], on the device; owned by the current scope
     * @throws IllegalArgumentException as above
     */
    public Tensor draw(
            SamplingConfig sampling,
            Tensor noise,
            Conditioning wanted,
            String negative,
            long seed,
            SamplingListener listener) {
        try (CapturedBody.Stream _ = CapturedBody.stream(device);
                TensorScope scope = TensorScope.open();
                Generator generator = Generator.on(device, seed);
                Captured captured = new Captured()) {
            Denoiser denoiser =
                    denoiser(sampling, wanted, negative, Math.toIntExact(noise.size(0)), captures ? captured : null);
            Sampler sampler = Sampler.of(sampling, schedule);
            // Around all steps, so that weights are cast once and not in each of them.
            boolean bf16 = sampling.precision() == SamplingConfig.Precision.BF16;
            try (var _ = Autocast.open(device.type(), bf16 ? DType.BFLOAT16 : DType.FLOAT32)) {
                return scope.promote(sampler.sample(denoiser, noise.to(device), generator, listener));
            }
        }
    }

    /**
     * The network as a denoiser, guided as {@code sampling} says. It borrows the network, and is of the scope that is open.
     *
     * @param wanted what to draw, from {@link #condition} or {@link #inTurn}
     * @param negative the text that guidance keeps away from; empty for none
     * @param count B
     * @throws IllegalArgumentException if guidance is asked of a network that was not trained for it
     */
    public Denoiser denoiser(SamplingConfig sampling, Conditioning wanted, String negative, int count) {
        return denoiser(sampling, wanted, negative, count, null);
    }

    /** Makes denoisers that are captured, and closes them. */
    private final class Captured implements Function<CapturedDenoiser.Output, Denoiser>, AutoCloseable {
        private final List<CapturedDenoiser> made = new ArrayList<>();

        @Override
        public Denoiser apply(CapturedDenoiser.Output output) {
            made.add(new CapturedDenoiser(output, objective, schedule, device));
            return made.getLast();
        }

        @Override
        public void close() {
            made.forEach(CapturedDenoiser::close);
        }
    }

    private Denoiser denoiser(
            SamplingConfig sampling, Conditioning wanted, String negative, int count, Captured captured) {
        boolean guided = sampling.guidance().scale() != 1;
        Conditioning unwanted = guided ? unwanted(wanted, negative, count) : null;
        boolean bf16 = sampling.precision() == SamplingConfig.Precision.BF16;
        return GuidedDenoiser.of(network, objective, schedule, wanted, unwanted, sampling.guidance(), bf16, captured);
    }

    @Override
    public void close() {
        network.close();
        if (ownsText && text != null) {
            text.close();
        }
    }
}
