package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.analysis.ValidationCurve.Point;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageSubset;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.diffusion.train.TrainingProbe;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Measures the loss on the last images of a data set, which are not trained on, always with the same times and the same
 * noise, and keeps the curve in a file.
 */
final class ValidationProbe implements TrainingProbe {
    private static final JsonMapper JSON = new JsonMapper();

    /** Of the times and the noise; not the seed of the training, so that all seeds are measured alike. */
    private static final long SEED = 0x5EED;

    private static final int BATCH = 64;

    private final Path file;
    private final int heldOut;
    private final long[] steps;
    private final TrainConfig config;
    private final List<Point> points = new ArrayList<>();

    private ImageSubset images;

    /**
     * @param file where the curve is kept
     * @param config of the model that is looked at
     */
    ValidationProbe(Path file, ConvergencePlan plan, TrainConfig config) {
        this.file = file;
        this.heldOut = plan.validationImages();
        this.steps = plan.evaluatedSteps();
        this.config = config;
    }

    @Override
    public ImageDataset trainedOn(ImageDataset dataset) {
        long train = dataset.size() - heldOut;
        if (train < 1) {
            throw new ConfigException(
                    "validationImages", "cannot hold out " + heldOut + " images of a data set of " + dataset.size());
        }
        images = new ImageSubset(dataset, train, dataset.size());
        return new ImageSubset(dataset, 0, train);
    }

    @Override
    public void started(long step) throws IOException {
        points.clear();
        points.addAll(ValidationCurve.upTo(read(file), step));
    }

    @Override
    public boolean isDue(long step) {
        return Arrays.binarySearch(steps, step) >= 0;
    }

    @Override
    public void look(long step, BatchLoss loss, Device device) throws IOException {
        points.add(new Point(step, measure(loss, device)));
        write(false);
    }

    private double measure(BatchLoss loss, Device device) {
        // The times are drawn as in training, but spread evenly, so that their mean does not depend on luck.
        Curriculum times = Curriculum.of(
                config.curriculum(),
                config.with("noise.stratified", true).noise(),
                NoiseSchedule.of(config.schedule()),
                config.seed());
        try (Generator draws = Generator.cpu(SEED);
                Generator noise = Generator.on(device, SEED)) {
            List<Double> shuffled =
                    Arrays.stream(times.sample(heldOut, draws)).boxed().collect(Collectors.toList());
            // They come sorted, and so may the images.
            Collections.shuffle(shuffled, new Random(SEED));
            double[] drawn = shuffled.stream().mapToDouble(Double::doubleValue).toArray();
            double sum = 0;
            for (int first = 0; first < heldOut; first += BATCH) {
                int size = Math.min(BATCH, heldOut - first);
                try (var _ = TensorScope.open()) {
                    double[] part = Arrays.copyOfRange(drawn, first, first + size);
                    sum += size
                            * loss.of(batch(first, size, device), part, noise)
                                    .mean()
                                    .item();
                }
            }
            return sum / heldOut;
        }
    }

    private Batch batch(int first, int size, Device device) {
        long bytes = (long) images.channels() * images.height() * images.width() * Float.BYTES;
        long[] labels = new long[size];
        List<String> captions = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pixels = arena.allocate(size * bytes, Float.BYTES);
            for (int i = 0; i < size; i++) {
                images.decode(first + i, pixels.asSlice(i * bytes, bytes));
                labels[i] = images.label(first + i);
                captions.add(images.caption(first + i));
            }
            Tensor decoded =
                    Torch.fromSegment(pixels, DType.FLOAT32, size, images.channels(), images.height(), images.width());
            return new Batch(decoded.to(device), Torch.tensor(labels).to(device), captions);
        }
    }

    /** The training has come to its end: the curve is complete. */
    void finish() throws IOException {
        if (points.isEmpty()) {
            points.addAll(read(file));
        }
        write(true);
    }

    private void write(boolean finished) throws IOException {
        ObjectNode json = JSON.createObjectNode().put("finished", finished);
        ArrayNode array = json.putArray("points");
        points.forEach(point -> array.addObject().put("step", point.step()).put("loss", point.loss()));
        AtomicFiles.file(file, target -> Files.writeString(target, json.toPrettyString() + "\n"));
    }

    private static List<Point> read(Path file) throws IOException {
        List<Point> points = new ArrayList<>();
        if (Files.exists(file)) {
            for (JsonNode point : JSON.readTree(file.toFile()).path("points")) {
                points.add(new Point(
                        point.path("step").asLong(), point.path("loss").asDouble()));
            }
        }
        return points;
    }

    /** The curve in a file, if it is there and complete. */
    static Optional<ValidationCurve> finished(Path file) throws IOException {
        boolean complete = Files.exists(file)
                && JSON.readTree(file.toFile()).path("finished").asBoolean();
        return complete ? Optional.of(new ValidationCurve(read(file))) : Optional.empty();
    }
}
