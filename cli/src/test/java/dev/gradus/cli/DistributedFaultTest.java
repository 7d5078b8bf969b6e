package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.torch.C10d;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What goes wrong between processes ends on all of them within their timeout, with one clear message, and leaves the last checkpoint
 * whole. {@code mvn -pl cli -am -Pdistributed test -Dtest=DistributedFaultTest}, which takes some minutes. Hosts are network namespaces of
 * this machine, which needs root; without it those tests are skipped.
 */
@Tag("distributed")
class DistributedFaultTest {
    /** Of an operation, in the commands below; what finds out who is at fault takes some seconds more. */
    private static final int TIMEOUT = 20;

    private static final int LIMIT = 120;

    /** Steps after which there is a checkpoint: that of step 10 waits until the one of step 5 is written. */
    private static final int BEGUN = 12;

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

    private Object[] endless() throws IOException {
        return TinyRun.train(folder, run, "--steps", 1_000_000, "--set", "checkpoint.every=5");
    }

    private void assertCheckpointIsWhole() throws IOException {
        List<String> damaged = new ArrayList<>();
        assertTrue(RunFolder.existing(run)
                .newestWholeCheckpoint((path, problem) -> damaged.add(path + " " + problem))
                .isPresent());
        assertEquals(List.of(), damaged);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Ranks as another launcher would start them, each with its own words; no one ends the others. */
    private JavaProcess rank(int rank, int size, int port, Map<String, String> more, Object... words)
            throws IOException {
        Map<String, String> variables = new HashMap<>(Map.of(
                "RANK", String.valueOf(rank),
                "WORLD_SIZE", String.valueOf(size),
                "MASTER_ADDR", "127.0.0.1",
                "MASTER_PORT", String.valueOf(port),
                "GRADUS_TIMEOUT", String.valueOf(TIMEOUT),
                "GRADUS_RENDEZVOUS_TIMEOUT", "30"));
        variables.putAll(more);
        return JavaProcess.start(Files.createTempDirectory(folder, "rank"), List.of(), variables, words);
    }

    private static String last(JavaProcess process) throws IOException {
        return process.err().lines().toList().getLast();
    }

    @Test
    void aRankThatIsKilledIsNamedByTheOthers() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 2, port, Map.of(), endless());
        RankProcesses.awaitSteps(first, run, BEGUN);
        long since = System.nanoTime();
        assertTrue(second.kill());
        assertEquals(ExitCode.FAILED, first.exitCode(LIMIT), first.err());
        assertTrue((System.nanoTime() - since) * 1e-9 < TIMEOUT, "it took longer than the timeout");
        assertTrue(
                last(first).matches("gradus train: rank 0: .*: rank 1 \\(process .*is silent: killed.*"), last(first));
        assertCheckpointIsWhole();
    }

    @Test
    void theRankThatServesTheStoreIsKilled() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 2, port, Map.of(), endless());
        RankProcesses.awaitSteps(first, run, BEGUN);
        assertTrue(first.kill());
        assertEquals(ExitCode.FAILED, second.exitCode(LIMIT), second.err());
        assertTrue(
                last(second).contains("which rank 0 serves, does not answer: it has ended, is stopped, or is cut off"),
                last(second));
        assertCheckpointIsWhole();
    }

    @Test
    void aRankThatIsStoppedIsNamedAfterTheTimeout() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 2, port, Map.of(), endless());
        RankProcesses.awaitSteps(first, run, BEGUN);
        RankProcesses.signal("STOP", second.handle().pid());
        long since = System.nanoTime();
        assertEquals(ExitCode.FAILED, first.exitCode(LIMIT), first.err());
        double seconds = (System.nanoTime() - since) * 1e-9;
        assertTrue(seconds < TIMEOUT + 20, "took " + seconds + " s");
        assertTrue(last(first).contains(": rank 1 (process "), last(first));
        assertTrue(last(first).contains("is silent"), last(first));
        second.kill();
        assertCheckpointIsWhole();
    }

    @Test
    void theLauncherEndsARankThatIsStopped() throws Exception {
        JavaProcess training = RankProcesses.launch(folder, List.of(), 2, endless());
        RankProcesses.awaitSteps(training, run, BEGUN);
        RankProcesses.signal("STOP", RankProcesses.pid(training, 0));
        List<ProcessHandle> ranks = RankProcesses.all(training);
        assertEquals(ExitCode.FAILED, training.exitCode(LIMIT), training.err());
        assertTrue(training.err().contains("gradus launch: rank 1 failed with exit code 1"), training.err());
        assertTrue(ranks.stream().noneMatch(ProcessHandle::isAlive));
        assertCheckpointIsWhole();
    }

    @Test
    void ranksEndWhenTheirLauncherIsKilled() throws Exception {
        JavaProcess training = RankProcesses.launch(folder, List.of(), 2, endless());
        RankProcesses.awaitSteps(training, run, BEGUN);
        List<ProcessHandle> ranks = RankProcesses.all(training);
        training.kill();
        for (ProcessHandle rank : ranks) {
            rank.onExit().get(LIMIT, TimeUnit.SECONDS);
        }
        assertCheckpointIsWhole();
    }

    @Test
    void aStoreThatNeverComesUpEndsEachRank() throws Exception {
        JavaProcess lost = rank(1, 2, freePort(), Map.of("GRADUS_RENDEZVOUS_TIMEOUT", "3"), endless());
        assertEquals(ExitCode.FAILED, lost.exitCode(LIMIT), lost.err());
        assertTrue(last(lost).contains("nothing answered within 3 s; is rank 0 running"), last(lost));
        assertFalse(Files.exists(run));
    }

    @Test
    void aSecondJobOnThePortIsTurnedAwayAndGarbageDoesNoHarm() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 2, port, Map.of(), endless());
        RankProcesses.awaitSteps(first, run, BEGUN);
        Object[] other = TinyRun.train(folder, folder.resolve("other"));
        JavaProcess stranger = rank(0, 2, port, Map.of(), other);
        assertEquals(ExitCode.FAILED, stranger.exitCode(LIMIT));
        assertTrue(last(stranger).contains("another job runs there; choose another MASTER_PORT"), last(stranger));
        JavaProcess imitator = rank(1, 2, port, Map.of(), other);
        assertEquals(ExitCode.FAILED, imitator.exitCode(LIMIT));
        assertTrue(last(imitator).contains("this rank is taken by process "), last(imitator));
        JavaProcess named = rank(1, 2, port, Map.of("GRADUS_JOB", "mine"), other);
        assertEquals(ExitCode.FAILED, named.exitCode(LIMIT));
        assertTrue(last(named).contains("this rank is of 'mine'"), last(named));
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            try (Socket socket = new Socket("127.0.0.1", port);
                    OutputStream out = socket.getOutputStream()) {
                out.write(garbage);
            } catch (IOException e) {
                // It was hung up on.
            }
        }
        long lines = Files.lines(run.resolve("metrics.jsonl")).count();
        long end = System.nanoTime() + 30_000_000_000L;
        while (Files.lines(run.resolve("metrics.jsonl")).count() < lines + 10) {
            assertTrue(first.isAlive() && second.isAlive() && System.nanoTime() < end, first.err() + second.err());
            Thread.sleep(50);
        }
        first.kill();
        second.kill();
    }

    @Test
    void anotherWorldSizeEndsAll() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 3, port, Map.of(), endless());
        assertEquals(ExitCode.FAILED, first.exitCode(LIMIT));
        assertEquals(ExitCode.FAILED, second.exitCode(LIMIT));
        assertTrue(last(second).contains("started as one of 3 ranks, but rank 0 as one of 2"), last(second));
        assertTrue(last(first).contains("started as one of 3 ranks, but rank 0 as one of 2"), last(first));
        assertFalse(Files.exists(run.resolve("checkpoints")));
    }

    @Test
    void anotherConfigurationOrOtherDataEndAll() throws Exception {
        int port = freePort();
        JavaProcess first = rank(0, 2, port, Map.of(), endless());
        JavaProcess second = rank(1, 2, port, Map.of(), append(endless(), "--set", "batchSize=6"));
        assertEquals(ExitCode.FAILED, first.exitCode(LIMIT));
        assertEquals(ExitCode.FAILED, second.exitCode(LIMIT));
        assertTrue(last(second).contains("its configuration differs from rank 0's: batchSize is 4"), last(second));
        assertTrue(last(first).contains("its configuration differs from rank 0's: batchSize is 4"), last(first));

        Path more = Files.createDirectories(folder.resolve("more"));
        Path data = TinyRun.data(more);
        Path images = data.resolve("train-images-idx3-ubyte");
        byte[] bytes = Files.readAllBytes(images);
        bytes[bytes.length - 1]++;
        Files.write(images, bytes);
        int another = freePort();
        first = rank(0, 2, another, Map.of(), endless());
        second = rank(1, 2, another, Map.of(), append(endless(), "--set", "data.path=" + data));
        assertEquals(ExitCode.FAILED, first.exitCode(LIMIT));
        assertEquals(ExitCode.FAILED, second.exitCode(LIMIT));
        assertTrue(last(second).contains("its data differ: they are 24 images"), last(second));
        assertTrue(last(first).contains("its data differ: they are 24 images"), last(first));
    }

    private static Object[] append(Object[] words, Object... more) {
        return Stream.concat(Stream.of(words), Stream.of(more)).toArray();
    }

    @Test
    void twoHostsThatAreCutOffFromEachOtherBothEnd() throws Exception {
        try (Hosts hosts = Hosts.open()) {
            List<JavaProcess> launchers = new ArrayList<>();
            for (int host = 0; host < 2; host++) {
                launchers.add(RankProcesses.launch(
                        Files.createDirectories(folder.resolve("host" + host)),
                        hosts.in(host),
                        List.of("--nproc", 1, "--nnodes", 2, "--rendezvous", Hosts.ADDRESS + ":29777"),
                        endless()));
            }
            RankProcesses.awaitSteps(launchers.get(0), run, BEGUN);
            hosts.cut();
            long since = System.nanoTime();
            for (JavaProcess launcher : launchers) {
                assertEquals(ExitCode.FAILED, launcher.exitCode(LIMIT), launcher.err());
            }
            double seconds = (System.nanoTime() - since) * 1e-9;
            assertTrue(seconds < TIMEOUT + 30, "took " + seconds + " s");
            String there = launchers.get(0).err();
            assertTrue(there.contains(": rank 1 (process ") && there.contains("is silent"), there);
            String here = launchers.get(1).err();
            assertTrue(
                    here.contains("does not answer: it has ended, is stopped, or is cut off from this machine"), here);
            assertCheckpointIsWhole();
        }
    }

    /** Two network namespaces with a cable between them. */
    private static final class Hosts implements AutoCloseable {
        static final String ADDRESS = "10.77.31.1";

        private final String name = "gradus" + ProcessHandle.current().pid() % 10_000;

        static Hosts open() {
            Hosts hosts = new Hosts();
            Assumptions.assumeTrue(
                    ip("netns", "add", hosts.name + "a") == 0, "network namespaces need root and the command ip");
            check(ip("netns", "add", hosts.name + "b"));
            check(ip("link", "add", hosts.name + "va", "type", "veth", "peer", "name", hosts.name + "vb"));
            for (String side : List.of("a", "b")) {
                String space = hosts.name + side;
                check(ip("link", "set", hosts.name + "v" + side, "netns", space));
                String address = side.equals("a") ? ADDRESS : "10.77.31.2";
                check(ip("-n", space, "addr", "add", address + "/24", "dev", hosts.name + "v" + side));
                check(ip("-n", space, "link", "set", hosts.name + "v" + side, "up"));
                check(ip("-n", space, "link", "set", "lo", "up"));
            }
            return hosts;
        }

        List<String> in(int host) {
            return List.of("ip", "netns", "exec", name + (host == 0 ? "a" : "b"));
        }

        void cut() {
            check(ip("-n", name + "b", "link", "set", name + "vb", "down"));
        }

        private static void check(int code) {
            assertEquals(0, code);
        }

        private static int ip(String... words) {
            List<String> command = new ArrayList<>(List.of("ip"));
            command.addAll(List.of(words));
            try {
                return new ProcessBuilder(command).inheritIO().start().waitFor();
            } catch (IOException e) {
                return -1;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return -1;
            }
        }

        @Override
        public void close() {
            ip("netns", "del", name + "a");
            ip("netns", "del", name + "b");
        }
    }
}
