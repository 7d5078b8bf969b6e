package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed, as {@code kill -9} does, and started again until it comes to its end, has the same bits as one that
 * never stopped: losses, stages, weights, averages, optimizer, generators, pictures and snapshots.
 */
class KillTest {
    private static final int STEPS = 60;

    /** Files that tell of times, or are made of what is compared. */
    private static final Set<String> NOT_COMPARED = Set.of("metrics.jsonl", "report.html", ".lock");

    /** What tells how fast a run was, and so differs. */
    private static final Set<String> OF_TIME =
            Set.of("imagesPerSecond", "dataWait", "checkpointWait", "communicationWait", "memory");

    @TempDir
    private Path folder;

    private Path whole;
    /** How long the last process took that came to its end. */
    private long lifeMillis;

    @BeforeEach
    void trainWithoutAStop() throws Exception {
        TinyRun.data(folder);
        whole = folder.resolve("whole");
        long since = System.nanoTime();
        JavaProcess training = start(whole);
        assertEquals(ExitCode.DONE, training.exitCode(), training.err());
        lifeMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    private JavaProcess start(Path run) throws IOException {
        return JavaProcess.start(
                folder,
                List.of(),
                Map.of(),
                TinyRun.train(
                        folder,
                        run,
                        "--steps",
                        STEPS,
                        "--set",
                        "checkpoint.every=5",
                        "--set",
                        "checkpoint.keepLast=3",
                        "--set",
                        "sampleEvery=20",
                        "--set",
                        "ema.further=40",
                        "--set",
                        "ema.power=0.05,0.1",
                        "--set",
                        "ema.snapshotEvery=10"));
    }

    @Test
    void aRunThatIsKilledThreeTimesHasTheSameBits() throws Exception {
        killAtRandomMoments(3, 1);
    }

    /** {@code mvn -pl cli -am -Pkill test}, which takes some minutes. */
    @Test
    @Tag("kill")
    void aRunThatIsKilledAHundredTimesHasTheSameBits() throws Exception {
        killAtRandomMoments(100, 2);
    }

    /** Every second time while a checkpoint is written, else at any moment from the start of the process to its end. */
    private void killAtRandomMoments(int kills, long seed) throws Exception {
        Random random = new Random(seed);
        int done = 0;
        int whileWriting = 0;
        int runs = 0;
        int finished = 0;
        while (done < kills || runs > finished) {
            Path run = folder.resolve("run-" + finished);
            runs = finished + 1;
            long since = System.nanoTime();
            JavaProcess training = start(run);
            boolean writing = done % 2 == 0;
            if (done == kills) {
                assertEquals(ExitCode.DONE, training.exitCode(), training.err());
            } else if (writing) {
                awaitWriting(training, run, 1 + random.nextInt(3));
                Thread.sleep(0, random.nextInt(1_000_000));
            } else {
                training.waitFor(random.nextLong(lifeMillis));
            }
            if (training.kill()) {
                done++;
                whileWriting += writing && unfinishedCheckpoint(run) ? 1 : 0;
            } else {
                assertEquals(ExitCode.DONE, training.exitCode(), training.err());
                assertSame(run);
                finished++;
                lifeMillis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since));
            }
        }
        System.out.printf(
                "killed %d times, %d of them while a checkpoint was written; %d runs%n", done, whileWriting, runs);
        assertTrue(whileWriting > 0, "no checkpoint was being written at any of the moments");
    }

    /** Waits until checkpoints were begun a number of times, or the process ends. */
    private static void awaitWriting(JavaProcess training, Path run, int times) throws IOException {
        int seen = 0;
        // What the last kill left is there until the new process takes the folder.
        boolean before = unfinishedCheckpoint(run);
        while (seen < times && training.isAlive()) {
            boolean now = unfinishedCheckpoint(run);
            seen += now && !before ? 1 : 0;
            before = now;
            Thread.onSpinWait();
        }
    }

    private static boolean unfinishedCheckpoint(Path run) throws IOException {
        Path checkpoints = run.resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (DirectoryStream<Path> temporary = Files.newDirectoryStream(checkpoints, ".step-*.tmp")) {
            return temporary.iterator().hasNext();
        }
    }

    private void assertSame(Path run) throws IOException {
        Map<String, byte[]> expected = contents(whole);
        Map<String, byte[]> found = contents(run);
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), run + ": " + name));
        assertEquals(metrics(whole), metrics(run));
    }

    /** Checkpoints, pictures and stages. */
    private static Map<String, byte[]> contents(Path run) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                if (!NOT_COMPARED.contains(name) && !name.startsWith("charts/")) {
                    contents.put(name, Files.readAllBytes(file));
                }
            }
        }
        return contents;
    }

    private static List<ObjectNode> metrics(Path run) throws IOException {
        List<ObjectNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            lines.add(((ObjectNode) new ObjectMapper().readTree(line)).remove(OF_TIME));
        }
        return lines;
    }
}
