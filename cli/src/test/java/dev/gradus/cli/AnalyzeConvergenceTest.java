package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.curriculum.Difficulty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnalyzeConvergenceTest {
    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void makeData() throws IOException {
        TinyRun.data(folder);
        out = folder.resolve("out");
    }

    private Cli analyze(Object... more) throws IOException {
        Map<Object, Object> options = new LinkedHashMap<>(Map.of("--steps", 8, "--held-out", 6, "--evaluations", 6));
        options.putAll(Map.of("--seeds", 2, "--config", TinyRun.config(folder), "--out", out));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        List<Object> args = new ArrayList<>(List.of("analyze", "convergence"));
        options.forEach((option, value) -> args.addAll(List.of(option, value)));
        return Cli.run(args.toArray());
    }

    @Test
    void trainsAModelForEachClusterAndSeed() throws IOException {
        String report = analyze().succeeds();
        assertTrue(report.startsWith("2 seeds, 8 steps each"), report);
        List<String> lines = Files.readAllLines(out.resolve("curves.csv"));
        // Two clusters, two seeds, and the steps 0, 1, 2, 3, 5 and 8.
        assertEquals(1 + 2 * 2 * 6, lines.size());
        assertEquals(3, Files.readAllLines(out.resolve("convergence.csv")).size());
        Difficulty difficulty = Difficulty.read(out.resolve("convergence.json"));
        assertEquals(0, difficulty.intervals().getFirst().from());
        assertEquals(20, difficulty.intervals().getLast().to());
        assertTrue(Files.exists(out.resolve("loss.png")));
        assertTrue(Files.exists(out.resolve("steps.png")));
    }

    @ParameterizedTest
    @CsvSource({"edm, -6.21", "flow-linear, 0"})
    void cutsSchedulesWithoutTimestepsToo(String schedule, double begin) throws IOException {
        analyze("--seeds", 1, "--set", "schedule.kind=" + schedule).succeeds();
        Difficulty difficulty = Difficulty.read(out.resolve("convergence.json"));
        assertEquals(begin, difficulty.intervals().getFirst().from(), 0.02);
    }

    @Test
    void keepsTheCheckpointsOfTheFirstSeedOnly() throws IOException {
        analyze("--checkpoints", 2).succeeds();
        assertTrue(Files.exists(out.resolve("cluster-01-seed-0/run/checkpoints/step-000004/ema")));
        assertTrue(Files.exists(out.resolve("cluster-01-seed-0/run/checkpoints/step-000008/ema")));
        assertFalse(Files.exists(out.resolve("cluster-01-seed-1/run")));
    }

    @Test
    void goesOnWhereItWasKilled() throws IOException {
        analyze("--checkpoints", 4).succeeds();
        byte[] whole = Files.readAllBytes(out.resolve("curves.csv"));
        // As if it had been killed in the second model after the checkpoint of step 4, with the loss of step 5 written.
        Path model = out.resolve("cluster-01-seed-0");
        for (String step : List.of("step-000006", "step-000008")) {
            delete(model.resolve("run/checkpoints").resolve(step));
        }
        delete(model.resolve("run/samples"));
        Path validation = model.resolve("validation.json");
        String text = Files.readString(validation).replace("\"finished\" : true", "\"finished\" : false");
        Files.writeString(
                validation, text.replaceFirst("\"step\" : 5,(\\s+)\"loss\" : [0-9.]+", "\"step\" : 5,$1\"loss\" : 77"));
        delete(out.resolve("cluster-00-seed-1"));

        analyze("--checkpoints", 4).succeeds();
        assertArrayEquals(whole, Files.readAllBytes(out.resolve("curves.csv")));
    }

    private static void delete(Path path) throws IOException {
        try (var files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void finishedModelsAreNotTrainedAgain() throws IOException {
        analyze().succeeds();
        assertTrue(analyze("--seeds", 3).succeeds().startsWith("3 seeds"));
        assertFalse(analyze("--seeds", 3).err().contains("model 1 "));
    }

    @Test
    void refusesAFolderWithAnotherPlan() throws IOException {
        analyze().succeeds();
        String message = analyze("--set", "optimizer.lr=0.5").fails(ExitCode.USAGE);
        assertTrue(message.contains("holds a study with another plan: optimizer.lr"), message);
    }

    @Test
    void refusesToHoldOutAllImages() throws IOException {
        String message = analyze("--held-out", TinyRun.IMAGES).fails(ExitCode.USAGE);
        assertTrue(message.contains("cannot hold out 24 images of a data set of 24"), message);
    }
}
