package dev.gradus.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A training of a few steps on a few random images: small enough for a test. */
final class TinyRun {
    static final int IMAGES = 24;
    static final int SIZE = 8;

    private TinyRun() {}

    /** Makes {@code folder/data}, 24 grey images of 8 x 8 in 3 classes. */
    static Path data(Path folder) throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        ByteBuffer images = ByteBuffer.allocate(16 + IMAGES * SIZE * SIZE);
        images.putInt(0x803).putInt(IMAGES).putInt(SIZE).putInt(SIZE);
        for (int i = 0; i < IMAGES * SIZE * SIZE; i++) {
            images.put((byte) (i * 37 % 251));
        }
        Files.write(data.resolve("train-images-idx3-ubyte"), images.array());
        ByteBuffer labels = ByteBuffer.allocate(8 + IMAGES);
        labels.putInt(0x801).putInt(IMAGES);
        for (int i = 0; i < IMAGES; i++) {
            labels.put((byte) (i % 3));
        }
        Files.write(data.resolve("train-labels-idx1-ubyte"), labels.array());
        return data;
    }

    /** Makes {@code folder/tiny.yaml}, which uses {@code folder/data}. */
    static Path config(Path folder) throws IOException {
        return Files.writeString(folder.resolve("tiny.yaml"), """
            data: {format: idx, path: %s}
            model:
              sampleSize: 8
              blockOutChannels: [8, 8]
              downBlockTypes: [DownBlock2D, DownBlock2D]
              upBlockTypes: [UpBlock2D, UpBlock2D]
              layersPerBlock: 1
              normNumGroups: 2
              addAttention: false
            schedule: {timesteps: 20}
            curriculum: {clusters: 2, pacing: fixed, stepsPerStage: 2}
            batchSize: 4
            steps: 6
            threads: 1
            device: cpu
            logEvery: 1
            sampling: {count: 4, steps: 3}
            """.formatted(folder.resolve("data")));
    }

    /** The command line that trains by {@link #config} into {@code run}. */
    static Object[] train(Path folder, Path run, Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("train", "--config", config(folder), "--run", run));
        args.addAll(List.of(more));
        return args.toArray();
    }
}
