package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnalyzeEntropyTest {
    @TempDir
    private Path folder;

    private Cli analyze(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("analyze", "entropy", "--data", TinyRun.data(folder)));
        args.addAll(List.of("--image-size", TinyRun.SIZE, "--out", folder.resolve("out"), "--samples", 20));
        args.addAll(List.of(more));
        return Cli.run(args.toArray());
    }

    @Test
    void writesTheCurveOfAFolderOfImages() throws IOException {
        String out = analyze("--timesteps", 20, "--points", 5).succeeds();
        assertTrue(out.startsWith("24 images of 64 values, 20 draws"), out);
        assertEquals(6, Files.readAllLines(folder.resolve("out/entropy.csv")).size());
        assertTrue(Files.exists(folder.resolve("out/entropy.json")));
        assertTrue(Files.exists(folder.resolve("out/entropy.png")));
    }

    @Test
    void takesTheTimestepsAskedFor() throws IOException {
        analyze("--schedule", "linear", "--timesteps", 50, "--at", "40,7").succeeds();
        List<String> lines = Files.readAllLines(folder.resolve("out/entropy.csv"));
        assertEquals(3, lines.size());
        assertTrue(lines.get(1).startsWith("7.0,"), lines.get(1));
    }

    @Test
    void cutsAScheduleWithoutTimesteps() throws IOException {
        analyze("--schedule", "edm", "--timesteps", 8, "--points", 0).succeeds();
        assertEquals(8, Files.readAllLines(folder.resolve("out/entropy.csv")).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"entropy", "convergence", "quality"})
    void helpIsWrittenWithoutAWarning(String analysis) {
        PrintStream standardError = System.err;
        ByteArrayOutputStream warnings = new ByteArrayOutputStream();
        System.setErr(new PrintStream(warnings, true));
        try {
            Cli.run("analyze", analysis, "--help").succeeds();
        } finally {
            System.setErr(standardError);
        }
        assertEquals("", warnings.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "--at, 0, '--at: timesteps must lie in [1, 999], are [0]'",
        "--samples, 1, 'samples must be at least 2, is 1'",
        "--points, -1, '--points: must be at least 0, is -1'",
        "--timesteps, 1, '--timesteps: a schedule of 1 timesteps has as many cells, at least 2, not 1'",
        "--data, nowhere, '--data: nowhere is neither a file or folder nor a data set that can be fetched"
                + " (fashion-mnist, emoji, cifar10, cifar100)'",
    })
    void saysWhichOptionIsWrong(String option, String value, String message) throws IOException {
        List<Object> args = new ArrayList<>(List.of("analyze", "entropy", "--out", folder.resolve("out")));
        args.addAll(option.equals("--data") ? List.of() : List.of("--data", TinyRun.data(folder)));
        args.addAll(List.of(option, value));
        assertEquals(
                "gradus analyze entropy: " + message, Cli.run(args.toArray()).fails(ExitCode.USAGE));
    }
}
