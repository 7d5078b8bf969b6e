package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a run goes on from, and what it keeps for that. */
@Timeout(60)
class ResumeTest {
    @TempDir
    Path temp;

    private TrainConfig config;
    private Path run;

    @BeforeEach
    void prepare() throws IOException {
        config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .steps(6)
                .checkpointEvery(2)
                .config();
        run = temp.resolve("run");
    }

    private TrainResult train(TrainConfig config, TrainListener listener) throws IOException {
        return new Trainer(config, run, listener).run();
    }

    private List<String> checkpoints() throws IOException {
        return RunFolder.existing(run).checkpoints().stream()
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Test
    void aDamagedCheckpointIsSkippedWithAWarningForTheOneBefore() throws IOException {
        train(config, new TrainListener() {});
        Path weights = run.resolve("checkpoints/step-000006/ema/diffusion_pytorch_model.safetensors");
        byte[] good = Files.readAllBytes(weights);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(weights, bad);
        Files.delete(run.resolve("checkpoints/step-000004/state.json"));
        List<String> heard = new ArrayList<>();
        train(config, new TrainListener() {
            @Override
            public void checkpointDamaged(Path folder, String problem) {
                heard.add(folder.getFileName() + " " + problem);
            }

            @Override
            public void started(long step, long steps, int stages, String device) {
                heard.add("from " + step);
            }
        });
        assertEquals(
                List.of(
                        "step-000006 ema/diffusion_pytorch_model.safetensors has another checksum than when it was"
                                + " written",
                        "step-000004 state.json is missing",
                        "from 2"),
                heard);
        assertArrayEquals(good, Files.readAllBytes(weights));
        assertEquals(List.of("step-000002", "step-000004", "step-000006"), checkpoints());
        assertTrue(Files.isDirectory(run.resolve("damaged/step-000006")));
    }

    @Test
    void whatReadsARunPassesOverADamagedCheckpointToo() throws IOException {
        train(config, new TrainListener() {});
        Files.delete(run.resolve("checkpoints/step-000006/optimizer.safetensors"));
        assertEquals(
                run.resolve("checkpoints/step-000004"),
                RunFolder.existing(run).newestWholeCheckpoint().orElseThrow());
    }

    /** Changes the state of a checkpoint as another version of Gradus would have written it. */
    private void rewrite(String checkpoint, Consumer<ObjectNode> change) throws IOException {
        Path folder = run.resolve("checkpoints").resolve(checkpoint);
        Path file = folder.resolve("state.json");
        ObjectNode state = (ObjectNode) new ObjectMapper().readTree(file.toFile());
        change.accept(state);
        Files.writeString(file, state.toString());
        Files.deleteIfExists(folder.resolve(Checksums.FILE));
        Checksums.write(folder);
    }

    @Test
    void aRunOfAVersionThatHadFewerKeysIsGoneOnWith() throws IOException {
        train(config, new TrainListener() {});
        rewrite("step-000006", state -> {
            state.remove(List.of("skipped", "loss"));
            ObjectNode older = (ObjectNode) state.path("config");
            older.remove(List.of("memory", "divergence"));
            ((ObjectNode) older.path("ema")).remove(List.of("power", "further"));
        });
        assertEquals(8, train(config.with("steps", 8), new TrainListener() {}).step());
    }

    @Test
    void aCheckpointOfAnotherFormatIsRefusedAndNotTakenForADamagedOne() throws IOException {
        train(config, new TrainListener() {});
        for (int format : new int[] {2, 99}) {
            rewrite("step-000006", state -> state.put("format", format));
            if (format == 2) {
                Files.delete(run.resolve("checkpoints/step-000006").resolve(Checksums.FILE));
            }
            var e = assertThrows(RunFolderException.class, () -> train(config, new TrainListener() {}));
            assertTrue(e.getMessage().contains("has the format " + format + ", and this version"), e.getMessage());
        }
        assertEquals(3, checkpoints().size());
    }

    @Test
    void aRunWithNoWholeCheckpointStartsAnew() throws IOException {
        train(config.with("checkpoint.every", 0), new TrainListener() {});
        Path state = run.resolve("checkpoints/step-000006/state.json");
        byte[] good = Files.readAllBytes(state);
        Files.write(state, new byte[10]);
        assertEquals(
                TrainResult.Outcome.FINISHED,
                train(config.with("checkpoint.every", 0), new TrainListener() {})
                        .outcome());
        assertArrayEquals(good, Files.readAllBytes(state));
    }

    @Test
    void theBitsAreTheSameWhetherCheckpointsAreWrittenInTheBackgroundOrNot() throws IOException {
        train(config, new TrainListener() {});
        byte[] background = Files.readAllBytes(run.resolve("checkpoints/step-000006/checksums.sha256"));
        run = temp.resolve("foreground");
        TrainConfig foreground = config.with("checkpoint.background", false);
        train(foreground, new TrainListener() {});
        List<String> expected = new String(background).lines().toList();
        List<String> found = Files.readAllLines(run.resolve("checkpoints/step-000006/checksums.sha256"));
        assertEquals(withoutState(expected), withoutState(found));
    }

    /** The configuration is part of the state, and differs. */
    private static List<String> withoutState(List<String> lines) {
        return lines.stream().filter(line -> !line.endsWith("state.json")).toList();
    }

    @Test
    void oldCheckpointsAreDeletedWhileTraining() throws IOException {
        train(config.with("checkpoint.keepLast", 1).with("checkpoint.keepEvery", 4), new TrainListener() {});
        assertEquals(List.of("step-000004", "step-000006"), checkpoints());
        try (Stream<Path> all = Files.list(run.resolve("checkpoints"))) {
            assertEquals(2, all.count());
        }
    }

    @Test
    void theBestByWhatAProbeMeasuresAreKept() throws IOException {
        Map<Long, Double> scores = Map.of(2L, 5.0, 4L, 3.0, 6L, 4.0, 8L, 6.0);
        Trainer trainer = new Trainer(
                config.with("steps", 8)
                        .with("checkpoint.keepLast", 1)
                        .with("checkpoint.keepBest", 1)
                        .with("curriculum.order", CurriculumConfig.Order.NONE),
                run,
                new TrainListener() {});
        trainer.probe(new TrainingProbe() {
            @Override
            public boolean isDue(long step) {
                return false;
            }

            @Override
            public void look(long step, BatchLoss loss, Device device) {}

            @Override
            public double score(long step) {
                return scores.get(step);
            }
        });
        trainer.run();
        assertEquals(List.of("step-000004", "step-000008"), checkpoints());
    }

    @Test
    void aCheckpointSaysWhatItIsOf() throws IOException {
        train(config, new TrainListener() {});
        JsonNode state = TrainingState.readJson(run.resolve("checkpoints/step-000004"));
        assertEquals(4, state.path("step").asInt());
        assertEquals(16, state.path("images").asInt());
        assertEquals(16, state.path("dataPosition").asInt());
        assertTrue(state.path("loss").asDouble() > 0);
        assertTrue(state.path("stage").asInt() > 0);
        assertEquals(1e-3, state.path("learningRate").asDouble());
        assertEquals(Torch.version(), state.path("software").path("libtorch").asText());
        assertEquals(
                Runtime.version().toString(),
                state.path("software").path("java").asText());
        assertFalse(state.path("software").path("gradus").asText().isEmpty());
        assertEquals(6, state.path("config").path("steps").asInt());
    }

    @Test
    void trainingGoesOnWhileACheckpointIsWritten() throws IOException {
        // The listener hears of a checkpoint when it has been written; without waiting that is after the next step.
        List<String> heard = new ArrayList<>();
        train(config.with("logEvery", 1), new TrainListener() {
            @Override
            public void stepLogged(StepReport report) {
                heard.add("step " + report.step());
            }

            @Override
            public void checkpointWritten(long step, Path folder) {
                assertTrue(Files.exists(folder));
                heard.add("checkpoint " + step);
            }
        });
        assertTrue(heard.indexOf("checkpoint 2") > heard.indexOf("step 3"), heard::toString);
        assertEquals("checkpoint 6", heard.getLast());
    }

    @Test
    void aCheckpointThatCannotBeWrittenEndsTheRunWithTheOnesBeforeWhole() throws IOException {
        Path checkpoints = run.resolve("checkpoints");
        Path hidden = temp.resolve("hidden");
        var e = assertThrows(
                RunFolderException.class,
                () -> train(config.with("logEvery", 1), new TrainListener() {
                    @Override
                    public void checkpointWritten(long step, Path folder) {
                        move(checkpoints, hidden);
                    }
                }));
        assertTrue(e.getMessage().contains("step-000004 could not be written: "), e.getMessage());
        move(hidden, checkpoints);
        assertEquals(List.of("step-000002"), checkpoints());
        assertEquals(
                checkpoints.resolve("step-000002"),
                RunFolder.existing(run).newestWholeCheckpoint((_, _) -> {}).orElseThrow());
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
