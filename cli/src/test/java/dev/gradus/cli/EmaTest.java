package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmaTest {
    @TempDir
    private static Path folder;

    private static Path run;

    @BeforeAll
    static void train() throws Exception {
        TinyRun.data(folder);
        run = folder.resolve("run");
        Cli.run(TinyRun.train(
                        folder,
                        run,
                        "--steps",
                        12,
                        "--set",
                        "ema.power=0.05,0.1",
                        "--set",
                        "ema.snapshotEvery=2",
                        "--set",
                        "ema.further=24"))
                .succeeds();
    }

    @ParameterizedTest
    @CsvSource({
        "--std 0.08, power-0.08-step-000012",
        "--std 0.1 --step 8, power-0.1-step-000008",
        "--half-life 8, half-life-8-step-000012"
    })
    void anAverageThatIsMadeCanBeDrawnWith(String options, String name) throws Exception {
        Object[] args = ("ema --run " + run + " " + options).split(" ");
        String weights = Cli.run(args).succeeds().strip();
        assertEquals(run.resolve("averages").resolve(name).resolve("ema").toString(), weights);
        Path out = folder.resolve(name + ".png");
        Cli.run("sample", "--model", weights, "--count", 1, "--out", out).succeeds();
        assertTrue(Files.size(out) > 0);
    }

    @Test
    void anAverageThatWasTrackedCanBeDrawnWith() throws Exception {
        Path out = folder.resolve("tracked.png");
        for (String average : new String[] {"ema-24", "power-0.05"}) {
            Path weights = run.resolve("checkpoints/step-000012").resolve(average);
            Cli.run("sample", "--model", weights, "--count", 1, "--out", out).succeeds();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', give --std X or --half-life IMAGES",
        "--std 0.1 --half-life 5, 'give --std or --half-life, not both'",
        "--std 0.3, 'the deviation must be from 0.001 to below 0.2886, is 0.3'",
        "--half-life 40, 'the half-life must be greater than 0 and below 24, half of the images of 12 steps, is 40'",
        "--std 0.1 --step 13, 'the step must be from 2 to 12, where there are snapshots, is 13'"
    })
    void whatCannotBeMadeIsRefused(String options, String message) throws Exception {
        Object[] args = ("ema --run " + run + " " + options).strip().split(" ");
        String line = Cli.run(args).fails(ExitCode.USAGE);
        assertTrue(line.contains(message), line);
    }

    @Test
    void aRunWithoutSnapshotsSaysHowToGetThem() throws Exception {
        Path plain = folder.resolve("plain");
        Cli.run(TinyRun.train(folder, plain, "--steps", 1)).succeeds();
        String line = Cli.run("ema", "--run", plain, "--std", "0.1").fails(ExitCode.USAGE);
        assertTrue(line.contains("has no snapshots") && line.contains("ema.snapshotEvery"), line);
    }
}
