package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Profile;
import dev.gradus.torch.Profiler;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.LongStream;

/**
 * What a training run will need, found out before it begins: the network is made, and learns from a few images.
 *
 * @param parameters how many numbers are trained, by the parts {@code network} and, where there is one, {@code text encoder}
 * @param images in the data set
 * @param stateBytes what training holds on to: weights, gradients, the optimizer's moments, averages
 * @param stepBytes the most that a step of the whole batch allocates beside that. Measured for four images and for eight, and
 *     drawn on in a straight line, on the CPU; buffers inside of its libraries, which are not libtorch's, are not in it
 */
public record RunEstimate(SequencedMap<String, Long> parameters, long images, long stateBytes, long stepBytes) {
    private static final int FLOAT_BYTES = 4;
    /** Weights, gradients, and the two moments of AdamW. */
    private static final int COPIES = 4;
    /** So many images that what grows with them is the most of what a step takes. */
    private static final int MANY = 8;

    /**
     * Makes the network and takes three steps of up to eight images of noise.
     *
     * @param dataset what the run will be trained on; only asked for its size and its captions
     * @throws dev.gradus.diffusion.ConfigException if network and data do not fit
     * @throws IOException if a text encoder's file cannot be read
     */
    public static RunEstimate of(TrainConfig config, ImageDataset dataset) throws IOException {
        try (Steps steps = new Steps(config, dataset)) {
            TrainingState state = steps.state;
            SequencedMap<String, Long> parameters = new LinkedHashMap<>();
            long network = state.network.parameterCount();
            long all = state.named().values().stream().mapToLong(Tensor::numel).sum();
            parameters.put("network", network);
            if (all > network) {
                parameters.put("text encoder", all - network);
            }
            int pieces = config.memory().pieces();
            int together = (config.batchSize() + pieces - 1) / pieces;
            int many = Math.min(MANY, together);
            int few = (many + 1) / 2;
            long ofFew = steps.peak(few);
            long ofMany = steps.peak(many);
            long each = many == few ? 0 : Math.max(0, ofMany - ofFew) / (many - few);
            return new RunEstimate(
                    parameters,
                    dataset.size(),
                    FLOAT_BYTES * all * (COPIES + state.averages.folders().size()),
                    ofMany + (together - many) * each);
        }
    }

    /** The most bytes that a step of some images allocates at once, beside what is held. */
    static long measured(TrainConfig config, ImageDataset dataset, int images) throws IOException {
        try (Steps steps = new Steps(config, dataset)) {
            return steps.peak(images);
        }
    }

    /** Steps of an epoch; the last one may reach into the next. */
    public double stepsPerEpoch(TrainConfig config) {
        return (double) images / config.batchSize();
    }

    /** Steps of few images, each a piece of its own. */
    private static final class Steps implements AutoCloseable {
        private final TrainConfig config;
        private final TrainingState state;
        private final ImageDataset dataset;

        Steps(TrainConfig config, ImageDataset dataset) throws IOException {
            this.config = config.with("memory.pieces", 1);
            this.state = new TrainingState(this.config, Device.cpu(), dataset);
            this.dataset = dataset;
            peak(1); // Now the gradients are there.
        }

        /** The most bytes that are allocated at once by a step of some images. */
        long peak(int images) {
            try (TrainingStep step = new TrainingStep(config, state, false, images, state.device.isCuda());
                    Profiler profiler = Profiler.start(Profiler.Options.DEFAULT.memory(true))) {
                take(step, images);
                try (Profile profile = profiler.stop()) {
                    return highest(profile);
                }
            }
        }

        private void take(TrainingStep step, int images) {
            try (var _ = TensorScope.open()) {
                int size = config.model().sampleSize();
                List<String> captions = LongStream.range(0, images)
                        .mapToObj(i -> dataset.caption(i % dataset.size()))
                        .toList();
                Batch batch = new Batch(
                        Torch.randn(state.random, images, config.model().inChannels(), size, size),
                        Torch.zeros(images).to(DType.INT64),
                        captions);
                step.run(state.conditioner.input(batch));
            }
        }

        @Override
        public void close() {
            state.close();
        }

        private static long highest(Profile profile) {
            long now = 0;
            long most = 0;
            List<Profile.Event> changes = profile.events().stream()
                    .filter(event -> event.bytes() != 0)
                    .sorted(Comparator.comparingLong(Profile.Event::start))
                    .toList();
            for (Profile.Event change : changes) {
                now += change.bytes();
                most = Math.max(most, now);
            }
            return most;
        }
    }
}
