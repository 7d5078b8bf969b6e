package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalyzeQualityTest {
    @TempDir
    private static Path folder;

    @TempDir
    private Path out;

    @BeforeAll
    static void train() throws IOException {
        TinyRun.data(folder);
        Cli.run(TinyRun.train(folder, folder.resolve("full"))).succeeds();
        List<Object> study = new ArrayList<>(List.of("analyze", "convergence", "--config", TinyRun.config(folder)));
        study.addAll(List.of("--seeds", 1, "--held-out", 4, "--checkpoints", 2, "--out", folder.resolve("study")));
        Cli.run(study.toArray()).succeeds();
    }

    private Cli analyze(Object... more) {
        List<Object> args = new ArrayList<>(List.of("analyze", "quality", "--run", folder.resolve("full")));
        args.addAll(List.of("--expert", folder.resolve("study"), "--count", 8, "--threads", 1, "--out", out));
        args.addAll(List.of("--cache", folder.resolve("cache")));
        args.addAll(List.of(more));
        return Cli.run(args.toArray());
    }

    @Test
    void scoresEachCheckpointOfEachExpert() throws IOException {
        String report = analyze().succeeds();
        assertTrue(report.startsWith("FID("), report);
        List<String> lines = Files.readAllLines(out.resolve("quality.csv"));
        // Two clusters, and the steps 0, 3 and 6.
        assertEquals(1 + 2 * 3, lines.size());
        assertTrue(lines.get(1).startsWith("0,0.0,10.0,0,0,"), lines.get(1));
        assertTrue(lines.get(6).startsWith("1,10.0,20.0,0,6,"), lines.get(6));
        assertTrue(Files.exists(out.resolve("quality.png")));
        JsonNode json = new JsonMapper().readTree(out.resolve("quality.json").toFile());
        assertNotEquals(
                json.path("fullModel").asDouble(),
                json.at("/experts/0/points/0/1").asDouble());
    }

    @Test
    void anExpertThatIsTheFullModelChangesNothing() throws IOException {
        // The full model as an "expert": the same weights inside of the interval and outside.
        Path twin = out.resolve("twin");
        copy(folder.resolve("full"), twin);
        String config = Files.readString(twin.resolve("config.yaml"));
        Files.writeString(twin.resolve("config.yaml"), config.replaceFirst("only: \\S+", "only: 1"));
        Path checkpoint = twin.resolve("checkpoints/step-000006");
        copy(checkpoint.resolve("ema"), checkpoint.resolve("model"));
        List<Object> args = List.of(
                "analyze",
                "quality",
                "--run",
                folder.resolve("full"),
                "--expert",
                twin,
                "--count",
                8,
                "--out",
                out.resolve("scores"),
                "--cache",
                folder.resolve("cache"),
                "--threads",
                1);
        Cli.run(args.toArray()).succeeds();
        JsonNode json =
                new JsonMapper().readTree(out.resolve("scores/quality.json").toFile());
        assertEquals(
                json.path("fullModel").asDouble(),
                json.at("/experts/0/points/1/1").asDouble(),
                1e-9);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    @Test
    void goesOnWithTheScoresThereAre() throws IOException {
        analyze("--cluster", 1).succeeds();
        Path scores = out.resolve("scores.json");
        // A score that no image has: found again, so it was not measured anew.
        String marked = Files.readString(scores).replaceFirst("(\"step\" : 3,\\s+\"score\" : )[0-9.E-]+", "$112000.0");
        Files.writeString(scores, marked);
        assertTrue(analyze().succeeds().contains("3: 1.200e+04"));
        byte[] all = Files.readAllBytes(scores);
        analyze().succeeds();
        assertArrayEquals(all, Files.readAllBytes(scores));
    }

    @Test
    void refusesScoresOfOtherImages() throws IOException {
        analyze("--cluster", 1).succeeds();
        String message = analyze("--cluster", 1, "--seed", 5).fails(ExitCode.FAILED);
        assertTrue(message.contains("holds scores of other images: seed is 0 there and 5 here"), message);
    }

    @Test
    void saysWhatIsNoExpert() {
        List<Object> args = List.of(
                "analyze",
                "quality",
                "--run",
                folder.resolve("full"),
                "--expert",
                folder.resolve("full"),
                "--out",
                out);
        String message = Cli.run(args.toArray()).fails(ExitCode.USAGE);
        assertTrue(message.contains("curriculum.only: must be the cluster"), message);
        assertTrue(analyze("--cluster", 7).fails(ExitCode.USAGE).contains("no expert was found of these clusters"));
        assertTrue(analyze("--metric", "speed").fails(ExitCode.USAGE).contains("there is no metric 'speed'"));
    }
}
