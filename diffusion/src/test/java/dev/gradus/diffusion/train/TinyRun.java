package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.UNet2DConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A run that takes a fraction of a second: 8 x 8 images of noise and a network of a few thousand parameters. */
public record TinyRun(
        Path data,
        int steps,
        int logEvery,
        int sampleEvery,
        int checkpointEvery,
        double learningRate,
        CurriculumConfig curriculum,
        Integer classes) {

    public static TinyRun of(Path data) {
        CurriculumConfig curriculum = CurriculumConfig.defaults()
                .with("clusters", 4)
                .with("patience", 1)
                .with("smoothing", 0.5);
        return new TinyRun(data, 8, 2, 0, 4, 1e-3, curriculum, null);
    }

    TinyRun steps(int value) {
        return new TinyRun(data, value, logEvery, sampleEvery, checkpointEvery, learningRate, curriculum, classes);
    }

    TinyRun checkpointEvery(int value) {
        return new TinyRun(data, steps, logEvery, sampleEvery, value, learningRate, curriculum, classes);
    }

    TinyRun sampleEvery(int value) {
        return new TinyRun(data, steps, logEvery, value, checkpointEvery, learningRate, curriculum, classes);
    }

    TinyRun learningRate(double value) {
        return new TinyRun(data, steps, logEvery, sampleEvery, checkpointEvery, value, curriculum, classes);
    }

    TinyRun curriculum(CurriculumConfig value) {
        return new TinyRun(data, steps, logEvery, sampleEvery, checkpointEvery, learningRate, value, classes);
    }

    TinyRun classes(int value) {
        return new TinyRun(data, steps, logEvery, sampleEvery, checkpointEvery, learningRate, curriculum, value);
    }

    public TrainConfig config() {
        UNet2DConfig model = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.downBlockTypes = List.of("DownBlock2D", "DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D");
            c.blockOutChannels = List.of(4, 8);
            c.layersPerBlock = 1;
            c.dropout = 0.1;
            c.normNumGroups = 2;
            c.addAttention = false;
            c.numClassEmbeds = classes;
        });
        return TrainConfig.defaults()
                .with("model", model)
                .with("data", new DataConfig(DataConfig.Format.IDX, data.toString(), 1))
                .with("curriculum", curriculum)
                .with("optimizer.lr", learningRate)
                .with("optimizer.warmupSteps", 2)
                .with("batchSize", 4)
                .with("steps", steps)
                .with("seed", 5L)
                .with("device", "cpu")
                // auto is another one on processors with bfloat16.
                .with("precision", TrainConfig.Precision.FP32)
                .with("threads", 1)
                .with("logEvery", logEvery)
                .with("sampleEvery", sampleEvery)
                .with("checkpoint.every", checkpointEvery)
                .with("sampling.count", 4)
                .with("sampling.steps", 2);
    }

    /** Writes 30 images and labels from 0 to 9 into {@code folder}. */
    public static Path writeData(Path folder) throws IOException {
        Files.createDirectories(folder);
        ByteBuffer images = ByteBuffer.allocate(16 + 30 * 64)
                .putInt(0x803)
                .putInt(30)
                .putInt(8)
                .putInt(8);
        byte[] pixels = new byte[30 * 64];
        new Random(1).nextBytes(pixels);
        Files.write(
                folder.resolve("train-images-idx3-ubyte"), images.put(pixels).array());
        ByteBuffer labels = ByteBuffer.allocate(8 + 30).putInt(0x801).putInt(30);
        for (int i = 0; i < 30; i++) {
            labels.put((byte) (i % 10));
        }
        Files.write(folder.resolve("train-labels-idx1-ubyte"), labels.array());
        return folder;
    }
}
