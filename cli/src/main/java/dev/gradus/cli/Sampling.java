package dev.gradus.cli;

import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.Nearest;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ClassNames;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.data.SampleFile;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.sampler.SharedBatches;
import dev.gradus.diffusion.sampler.Slerp;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Draws images and writes them.
 *
 * @param config of which schedule, objective, sampling, seed, device, threads and the names of the classes are used
 * @param weights the folder of the network
 * @param wish what to draw
 */
record Sampling(TrainConfig config, Path weights, Wish wish) {
    private static final Logger LOGGER = LogManager.getLogger(Sampling.class);

    /** Images that are drawn at once. */
    static final int BATCH = 64;

    /**
     * Writes the picture, and the values where {@code raw} is not null. A file appears complete or not at all.
     *
     * @param hearer hears how far it is; null for the terminal
     */
    void writeTo(Path picture, Path raw, TaskProgress hearer) throws IOException {
        writeTo(picture, raw, hearer, Devices.resolve(config.device()), SharedBatches.alone());
    }

    /**
     * Draws together with other ranks; rank 0 writes the files.
     *
     * @param shared borrowed
     */
    void writeTo(Path picture, Path raw, TaskProgress hearer, Device device, SharedBatches shared) throws IOException {
        if (config.threads() > 0) {
            Torch.setNumThreads(config.threads());
        }
        try (var _ = TensorScope.open();
                var generator = ImageGenerator.open(config, weights, device)) {
            ModelConfig model = generator.model();
            requireDrawable(model);
            requireConditions(generator);
            int[] classes = classes(generator.classes(), model.sampleSize());
            Tensor noise = noise(generator, classes.length);
            Strip strip = wish.strip() ? new Strip() : null;
            Tensor samples = draw(generator, noise, classes, strip, hearer, shared);
            if (samples == null) {
                return;
            }
            if (raw != null) {
                SampleFile.write(raw, samples);
            }
            write(picture, samples, strip);
        }
    }

    private void write(Path picture, Tensor samples, Strip strip) throws IOException {
        int count = Math.toIntExact(samples.size(0));
        int channels = Math.toIntExact(samples.size(1));
        int height = Math.toIntExact(samples.size(2));
        int width = Math.toIntExact(samples.size(3));
        float[] pixels = samples.toFloatArray();
        if (strip != null) {
            int columns = strip.columns();
            pixels = strip.picture(pixels, count);
            ImageGrid.writePng(picture, pixels, 2 * columns * count, channels, height, width, columns);
        } else if (!wish.interpolate().isEmpty()) {
            int columns = config.sampling().count();
            ImageGrid.writePng(picture, pixels, count, channels, height, width, columns);
        } else {
            ImageGrid.writePng(picture, pixels, count, channels, height, width);
        }
    }

    private void requireDrawable(ModelConfig model) {
        if (model.inChannels() != model.outChannels() || (model.outChannels() != 1 && model.outChannels() != 3)) {
            throw new UsageException("--model: a picture needs 1 or 3 channels in and out; " + weights + " has "
                    + model.inChannels() + " and " + model.outChannels());
        }
    }

    private void requireConditions(ImageGenerator generator) {
        if (!generator.takesText() && (!wish.prompts().isEmpty() || wish.negativePrompt() != null)) {
            String option = wish.prompts().isEmpty() ? "--negative-prompt" : "--prompt";
            throw new UsageException(option + ": the model in " + weights + " takes no text");
        }
        boolean guided = config.sampling().guidance().scale() != 1;
        if (guided && !generator.canBeGuided()) {
            throw new UsageException("--guidance: the model in " + weights
                    + " has no class that stands for none; train one with model.nullClassEmbed=true and"
                    + " conditioning.dropout=0.1");
        }
        if (!guided && wish.negativePrompt() != null) {
            throw new UsageException("--negative-prompt: needs --guidance with another scale than 1");
        }
    }

    /** The classes asked for, to be drawn in turn; all of them if none is, and none for a network that takes none. */
    private int[] classes(int count, int size) throws IOException {
        if (wish.classes().isEmpty()) {
            return IntStream.range(0, count).toArray();
        }
        if (count == 0) {
            throw new UsageException("--class: the model in " + weights + " takes no classes");
        }
        List<String> names = wish.classes().stream().allMatch(word -> isNumber(word.strip())) ? List.of() : names(size);
        List<String> known = names.subList(0, Math.min(count, names.size()));
        return wish.classes().stream()
                .mapToInt(word -> classOf(word.strip(), known, count))
                .toArray();
    }

    private List<String> names(int size) throws IOException {
        try (TaskProgress progress = TaskProgress.on(Terminal.ofStandardError())) {
            return ClassNames.of(config.data(), size, progress::update);
        }
    }

    private static boolean isNumber(String word) {
        return word.matches("[0-9]{1,9}");
    }

    private static int classOf(String word, List<String> names, int count) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equalsIgnoreCase(word)) {
                return i;
            }
        }
        if (isNumber(word) && Integer.parseInt(word) < count) {
            return Integer.parseInt(word);
        }
        String named = names.isEmpty() ? "" : ", or " + String.join(", ", names);
        throw new UsageException("--class: there is no class '" + word + "'" + Nearest.hint(word, names)
                + " (classes: 0 to " + (count - 1) + named + ")");
    }

    private Tensor noise(ImageGenerator generator, int classes) throws IOException {
        if (wish.noise() != null) {
            return readNoise(generator.model());
        }
        int count = config.sampling().count();
        if (wish.interpolate().isEmpty()) {
            return generator.noise(config.seed(), 0, count);
        }
        Tensor from = generator.noise(wish.interpolate().get(0), 0, 1);
        Tensor to = generator.noise(wish.interpolate().get(1), 0, 1);
        List<Tensor> row = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            row.add(Slerp.between(from, to, count == 1 ? 0 : i / (count - 1.0)));
        }
        // A row for each class or text asked for.
        int rows = Math.max(
                wish.classes().isEmpty() ? 1 : classes,
                Math.max(1, wish.prompts().size()));
        return Torch.cat(Collections.nCopies(rows, Torch.cat(row, 0)), 0);
    }

    /** Class and text of each image: in turn, or one for each row of an interpolation. */
    private Conditioning conditioning(ImageGenerator generator, int[] classes, long first, int size) {
        int each = wish.interpolate().isEmpty() ? 1 : config.sampling().count();
        int[] labels = new int[size];
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            long turn = (first + i) / each;
            labels[i] = classes.length == 0 ? 0 : classes[(int) (turn % classes.length)];
            texts.add(
                    wish.prompts().isEmpty()
                            ? ""
                            : wish.prompts().get((int) (turn % wish.prompts().size())));
        }
        return generator.condition(labels, texts);
    }

    /** On the CPU; null on other ranks than 0. */
    private Tensor draw(
            ImageGenerator generator,
            Tensor noise,
            int[] classes,
            Strip strip,
            TaskProgress hearer,
            SharedBatches shared) {
        long count = noise.size(0);
        if (strip != null && count > BATCH) {
            throw new UsageException("--strip: shows at most " + BATCH + " images, not " + count);
        }
        LOGGER.info(
                "drawing {} images by {} in {} steps from {}",
                count,
                ConfigNames.of(config.sampling().sampler()),
                config.sampling().steps(),
                weights);
        SplittableRandom seeds = new SplittableRandom(config.seed());
        List<Tensor> images = new ArrayList<>();
        try (TaskProgress progress = hearer != null ? hearer : TaskProgress.on(Terminal.ofStandardError())) {
            for (long done = 0; done < count; done += BATCH) {
                int size = (int) Math.min(BATCH, count - done);
                long before = done / BATCH * config.sampling().steps();
                long steps = (count + BATCH - 1) / BATCH * config.sampling().steps();
                SamplingListener listener = step -> {
                    progress.update("drawing", before + step.index() + 1, steps);
                    if (strip != null) {
                        strip.stepped(step);
                    }
                };
                Tensor batch = noise.narrow(0, done, size).contiguous();
                String negative = wish.negativePrompt() == null ? "" : wish.negativePrompt();
                long seed = seeds.nextLong();
                long first = done;
                Tensor drawn = shared.next(
                        () -> generator.draw(
                                config.sampling(),
                                batch,
                                conditioning(generator, classes, first, size),
                                negative,
                                seed,
                                listener),
                        batch.shape());
                if (drawn != null) {
                    images.add(drawn.to(Device.cpu()));
                }
            }
        }
        return shared.isFirst() ? Torch.cat(images, 0) : null;
    }

    private Tensor readNoise(ModelConfig model) throws IOException {
        Path noiseFile = wish.noise();
        try (SafeTensors.File file = SafeTensors.read(noiseFile)) {
            if (!file.names().contains("noise")) {
                throw new DataException(
                        "--noise: " + noiseFile + " has no tensor 'noise', only " + String.join(", ", file.names()));
            }
            long[] shape = file.info("noise").shape();
            long[] wanted = {shape.length > 0 ? shape[0] : 0, model.inChannels(), model.sampleSize(), model.sampleSize()
            };
            if (!Arrays.equals(shape, wanted) || shape[0] < 1) {
                throw new DataException("--noise: 'noise' has the shape " + Arrays.toString(shape) + ", but " + weights
                        + " needs [B, " + wanted[1] + ", " + wanted[2] + ", " + wanted[3] + "]");
            }
            if (!file.info("noise").dtype().isFloatingPoint()) {
                throw new DataException(
                        "--noise: 'noise' is " + file.info("noise").dtype() + ", must be float32");
            }
            return file.tensor("noise").to(DType.FLOAT32);
        }
    }
}
