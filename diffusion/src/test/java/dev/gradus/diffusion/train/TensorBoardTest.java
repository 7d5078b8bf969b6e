package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.gradus.diffusion.config.TrainConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardTest {
    @TempDir
    private Path folder;

    private TinyRun tiny;

    @BeforeEach
    void makeData() throws IOException {
        tiny = TinyRun.of(TinyRun.writeData(folder.resolve("data"))).sampleEvery(4);
    }

    private Path train(String name, TrainConfig config) throws IOException {
        Path run = folder.resolve(name);
        new Trainer(config, run, new TrainListener() {}).run();
        return run;
    }

    /** The contents of all records of all files; a length, two checksums of four bytes, and a content each. */
    private static List<String> records(Path run) throws IOException {
        List<String> records = new ArrayList<>();
        try (var files = Files.list(run.resolve("tensorboard"))) {
            for (Path file : files.sorted().toList()) {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining()) {
                    byte[] content = new byte[Math.toIntExact(bytes.getLong())];
                    bytes.getInt();
                    bytes.get(content);
                    bytes.getInt();
                    records.add(new String(content, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return records;
    }

    private static long count(List<String> records, String name) {
        return records.stream().filter(record -> record.contains(name)).count();
    }

    @Test
    void tellsOfEveryLineOfMetricsAndOfEveryPicture() throws Exception {
        Path run = train("run", tiny.config().with("tensorboard", true));
        List<String> records = records(run);
        assertEquals(4, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        for (String name : List.of("training/loss", "training/lr", "curriculum/stage", "speed/imagesPerSecond")) {
            assertEquals(4, count(records, name), name);
        }
        // A star, (5 << 3) + 2, is what begins a histogram after its name; without it tMin would be found too.
        for (String name : List.of("samples", "curriculum/t*", "weights/conv_in.weight", "weights/conv_out.bias")) {
            assertEquals(2, count(records, name), name);
        }
        assertEquals(1, count(records, "brain.Event:2"));
    }

    @Test
    void aRunThatGoesOnHasAFileForEachPart() throws Exception {
        TinyRun half = tiny.steps(4);
        train("run", half.config().with("tensorboard", true));
        Path run = train("run", tiny.config().with("tensorboard", true));
        List<String> records = records(run);
        assertEquals(2, count(records, "brain.Event:2"));
        assertEquals(4, count(records, "training/loss"));
    }

    @Test
    void isOffUnlessAskedForAndChangesNothing() throws Exception {
        Path without = train("without", tiny.config());
        Path with = train("with", tiny.config().with("tensorboard", true));
        assertFalse(Files.exists(without.resolve("tensorboard")));
        String weights = "checkpoints/step-000008/model/diffusion_pytorch_model.safetensors";
        assertEquals(-1, Files.mismatch(without.resolve(weights), with.resolve(weights)));
    }
}
