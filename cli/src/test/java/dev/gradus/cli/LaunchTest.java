package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.C10d;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that the launcher starts train together, and end together. */
class LaunchTest {
    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void makeData() throws Exception {
        try {
            C10d.require(C10d.Backend.GLOO);
        } catch (RuntimeException e) {
            Assumptions.abort(e.getMessage());
        }
        TinyRun.data(folder);
        run = folder.resolve("run");
    }

    private JavaProcess launch(int ranks, Object... more) throws Exception {
        return RankProcesses.launch(folder, List.of(), ranks, TinyRun.train(folder, run, more));
    }

    @Test
    void ranksTrainOneRunAndTheirLinesAreMarked() throws Exception {
        JavaProcess training = launch(2);
        assertEquals(ExitCode.DONE, training.exitCode(), training.err());
        assertTrue(training.out().contains("[0] Finished 6 steps"), training.out());
        assertFalse(training.out().contains("[1]"), training.out());
        assertTrue(training.err().contains("[0] ") && training.err().contains(" step 6/6  loss "), training.err());
        assertTrue(Files.isDirectory(run.resolve("checkpoints/step-000006")));
        assertEquals(6, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        assertTrue(Files.readString(folder.resolve("logs/rank-0.log")).contains(" step 6/6 "));
        Cli.run("sample", "--run", run, "--count", 1, "--out", folder.resolve("a.png"))
                .succeeds();
    }

    @Test
    void ranksDrawThePicturesOfOneProcess() throws Exception {
        Cli.run(TinyRun.train(folder, run)).succeeds();
        Object[] sample = {"sample", "--run", run, "--count", 150, "--sampling-steps", 3, "--seed", 4, "--threads", 1};
        Cli.run(with(sample, "--out", folder.resolve("one.png"), "--raw", folder.resolve("one.npz")))
                .succeeds();
        JavaProcess drawing = RankProcesses.launch(
                folder,
                List.of(),
                2,
                with(sample, "--out", folder.resolve("two.png"), "--raw", folder.resolve("two.npz")));
        assertEquals(ExitCode.DONE, drawing.exitCode(), drawing.err());
        assertArrayEquals(Files.readAllBytes(folder.resolve("one.npz")), Files.readAllBytes(folder.resolve("two.npz")));
        assertArrayEquals(Files.readAllBytes(folder.resolve("one.png")), Files.readAllBytes(folder.resolve("two.png")));
    }

    private static Object[] with(Object[] words, Object... more) {
        return Stream.concat(Stream.of(words), Stream.of(more)).toArray();
    }

    @Test
    void whenOneIsKilledAllEndAndTheSameCommandGoesOn() throws Exception {
        JavaProcess training = launch(2, "--steps", 1_000_000, "--set", "checkpoint.every=5");
        RankProcesses.awaitSteps(training, run, 12);
        long since = System.nanoTime();
        RankProcesses.signal("KILL", RankProcesses.pid(training, 1));
        assertEquals(ExitCode.FAILED, training.exitCode());
        assertTrue((System.nanoTime() - since) * 1e-9 < 15, "it took too long");
        assertTrue(training.err().contains("gradus launch: rank 1 was killed (signal 9"), training.err());
        long step;
        try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
            step = checkpoints
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("step-"))
                    .mapToLong(name -> Long.parseLong(name.substring("step-".length())))
                    .max()
                    .orElseThrow();
        }
        assertTrue(step >= 10);
        JavaProcess again = launch(2, "--steps", step + 2);
        assertEquals(ExitCode.DONE, again.exitCode(), again.err());
        assertTrue(Files.isDirectory(run.resolve("checkpoints/step-%06d".formatted(step + 2))));
    }

    @Test
    void ctrlCWritesACheckpointAndEndsAll() throws Exception {
        // What starts in the background of a script ignores Ctrl-C, and so would the process here.
        JavaProcess training = RankProcesses.launch(
                folder, List.of("env", "--default-signal=INT"), 2, TinyRun.train(folder, run, "--steps", 1_000_000));
        RankProcesses.awaitSteps(training, run, 3);
        List<ProcessHandle> ranks = RankProcesses.all(training);
        training.interrupt();
        assertEquals(ExitCode.INTERRUPTED, training.exitCode(), training.err());
        assertTrue(training.out().contains("[0] Stopped after step "), training.out() + training.err());
        assertEquals(2, ranks.size());
        assertTrue(ranks.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void aRankThatCannotBeginIsQuoted() throws Exception {
        JavaProcess training = launch(3, "--set", "batchSize=2");
        assertEquals(ExitCode.USAGE, training.exitCode(120));
        assertTrue(training.err().contains("batchSize: is 2, less than the 3 ranks that share it"), training.err());
        assertFalse(training.err().contains("\tat "), training.err());
    }

    @Test
    void anEnvironmentThatIsNotWholeIsWrongUsage() throws Exception {
        JavaProcess rank = JavaProcess.start(folder, List.of(), Map.of("RANK", "0"), TinyRun.train(folder, run));
        assertEquals(ExitCode.USAGE, rank.exitCode());
        assertTrue(rank.err().startsWith("gradus train: WORLD_SIZE is not set"), rank.err());
    }

    @Test
    void wrongUseIsRefused() {
        assertTrue(Cli.run("launch", "--nproc", 2, "doctor")
                .fails(ExitCode.USAGE)
                .contains("only train, sample and evaluate run as several processes, not 'doctor'"));
        assertTrue(Cli.run("launch", "--nproc", 0, "train")
                .fails(ExitCode.USAGE)
                .contains("--nproc: must be from 1 to 4096, is 0"));
        assertTrue(
                Cli.run("launch", "--nnodes", 2, "train").fails(ExitCode.USAGE).contains("--rendezvous: is needed"));
        assertTrue(Cli.run("launch", "--nnodes", 2, "--rendezvous", "here", "train")
                .fails(ExitCode.USAGE)
                .contains("--rendezvous: must be HOST:PORT, is 'here'"));
    }
}
