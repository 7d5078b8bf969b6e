package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: signals, limits, and that the JVM prints nothing by itself. */
class ProcessTest {
    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void makeData() throws Exception {
        TinyRun.data(folder);
        run = folder.resolve("run");
    }

    private JavaProcess start(List<String> prefix, Object... args) throws Exception {
        return JavaProcess.start(folder, prefix, Map.of(), args);
    }

    private List<Path> checkpoints() throws Exception {
        Path parent = run.resolve("checkpoints");
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.sorted().toList();
        }
    }

    @Test
    void helpPrintsNothingElse() throws Exception {
        // Without a libtorch, for help must not need one.
        JavaProcess help = JavaProcess.start(folder, List.of(), Map.of("LIBTORCH", "/none"), "--help");
        assertEquals(ExitCode.DONE, help.exitCode());
        assertTrue(help.out().startsWith("Usage: gradus"), help.out());
        assertEquals("", help.err());
    }

    @Test
    void aRunWithoutANameGetsANumberedFolder() throws Exception {
        Files.createDirectories(folder.resolve("runs/tiny-1"));
        JavaProcess training = start(List.of(), "train", "--config", TinyRun.config(folder), "--steps", 1);
        assertEquals(ExitCode.DONE, training.exitCode(), training.err());
        assertTrue(Files.isDirectory(folder.resolve("runs/tiny-2/checkpoints/step-000001")), training.out());
        assertTrue(training.err().contains(" step 1/1  loss "), training.err());
        assertFalse(training.err().contains("WARNING"), training.err());
    }

    @Test
    void ctrlCWritesACheckpointFromWhichTheRunGoesOn() throws Exception {
        // What starts in the background of a script ignores Ctrl-C, and so would the process here.
        List<String> heeding = List.of("env", "--default-signal=INT");
        JavaProcess training = start(heeding, TinyRun.train(folder, run, "--steps", 1_000_000));
        training.awaitError(" step 1/1000000 ");
        training.interrupt();
        assertEquals(ExitCode.INTERRUPTED, training.exitCode());
        assertFalse(training.err().contains("WARNING"), training.err());
        assertFalse(training.err().contains("\tat "), training.err());
        assertEquals(1, checkpoints().size());
        long step =
                Long.parseLong(checkpoints().getFirst().getFileName().toString().substring("step-".length()));
        assertTrue(training.out().contains("Stopped after step " + step), training.out());

        Cli.run("train", "--run", run, "--steps", step + 2).succeeds();
        assertEquals(2, checkpoints().size());
        Cli.run("sample", "--run", run, "--count", 1, "--out", folder.resolve("a.png"))
                .succeeds();
    }

    @Test
    void aSecondCtrlCEndsAtOnceAndTheLastCheckpointIsWhole() throws Exception {
        Cli.run(TinyRun.train(
                        folder,
                        run,
                        "--steps",
                        1,
                        "--set",
                        "batchSize=256",
                        "--set",
                        "model.blockOutChannels=[128,128]"))
                .succeeds();
        // A step takes seconds, and the first Ctrl-C waits for its end.
        JavaProcess training =
                start(List.of("env", "--default-signal=INT"), "train", "--run", run, "--steps", 1_000_000);
        training.awaitError(" stage ");
        training.interrupt();
        training.awaitError("stopping: ");
        training.interrupt();
        assertEquals(ExitCode.INTERRUPTED, training.exitCode());
        // Otherwise there were a word about the step, and a checkpoint of it.
        assertEquals("", training.out());
        assertEquals(List.of(run.resolve("checkpoints/step-000001")), checkpoints());
        Cli.run("sample", "--run", run, "--count", 1, "--out", folder.resolve("a.png"))
                .succeeds();
    }

    @Test
    void aSecondCtrlCWhileACheckpointIsWrittenKeepsTheOneBefore() throws Exception {
        // A checkpoint of some 100 MB takes much longer to write than a signal to arrive.
        Cli.run(TinyRun.train(folder, run, "--steps", 1, "--set", "model.blockOutChannels=[256,256]"))
                .succeeds();
        List<Path> before = checkpoints();
        JavaProcess training =
                start(List.of("env", "--default-signal=INT"), "train", "--run", run, "--steps", 1_000_000);
        training.awaitError(" step 2/1000000 ");
        training.interrupt();
        while (checkpoints().equals(before)) {
            assertTrue(training.isAlive(), "no checkpoint was begun");
            Thread.onSpinWait();
        }
        training.interrupt();
        assertEquals(ExitCode.INTERRUPTED, training.exitCode());
        assertEquals("", training.out());
        List<Path> whole = checkpoints().stream()
                .filter(path -> !path.getFileName().toString().startsWith("."))
                .toList();
        assertEquals(before, whole);
        Cli.run("sample", "--run", run, "--count", 1, "--out", folder.resolve("a.png"))
                .succeeds();
    }

    @Test
    void aSecondTrainingInOneRunFolderIsRefused() throws Exception {
        JavaProcess training = start(List.of(), TinyRun.train(folder, run, "--steps", 1_000_000));
        training.awaitError(" step 1/1000000 ");
        Object[] same = TinyRun.train(folder, run, "--steps", 1_000_000);
        String line = Cli.run(same).fails(ExitCode.FAILED);
        assertTrue(line.contains("another process"), line);
        training.kill();
        training.exitCode();
    }

    /** A limit on the size of files makes writing fail as a full disk does, without root and without a small disk. */
    @Test
    void aDiskThatIsFullWhileACheckpointIsWrittenKeepsTheOlderOnes() throws Exception {
        Cli.run(TinyRun.train(folder, run, "--steps", 2)).succeeds();
        List<Path> before = checkpoints();
        JavaProcess training =
                start(List.of("sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"), "train", "--run", run, "--steps", 4);
        assertEquals(ExitCode.FAILED, training.exitCode());
        String last = training.err().lines().toList().getLast();
        assertTrue(
                last.startsWith("gradus train: checkpoint " + run.resolve("checkpoints/step-000004")), training.err());
        assertEquals(before, checkpoints());
        Cli.run("sample", "--run", run, "--count", 1, "--out", folder.resolve("a.png"))
                .succeeds();
    }
}
