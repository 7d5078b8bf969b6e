package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The processes of {@code gradus launch}. */
final class RankProcesses {
    private static final int LIMIT_SECONDS = 90;

    private RankProcesses() {}

    /** Starts {@code gradus launch} in {@code folder}, with short timeouts and logs in {@code folder/logs}. */
    static JavaProcess launch(Path folder, List<String> prefix, int ranks, Object... command) throws IOException {
        return launch(folder, prefix, List.of("--nproc", ranks), command);
    }

    static JavaProcess launch(Path folder, List<String> prefix, List<?> options, Object... command) throws IOException {
        List<Object> words = new ArrayList<>(
                List.of("launch", "--timeout", 20, "--rendezvous-timeout", 40, "--logs", folder.resolve("logs")));
        words.addAll(options);
        words.addAll(List.of(command));
        return JavaProcess.start(folder, prefix, Map.of(), words.toArray());
    }

    /** Waits until a run has logged a number of steps. */
    static void awaitSteps(JavaProcess process, Path run, int steps) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        Path metrics = run.resolve("metrics.jsonl");
        while (!Files.exists(metrics) || Files.readAllLines(metrics).size() < steps) {
            assertTrue(process.isAlive() && System.nanoTime() < end, "not " + steps + " steps: " + process.err());
            Thread.sleep(20);
        }
    }

    /** All ranks that live now. */
    static List<ProcessHandle> all(JavaProcess launcher) {
        try (Stream<ProcessHandle> descendants = launcher.handle().descendants()) {
            return descendants.filter(each -> rank(each) >= 0).toList();
        }
    }

    /** The process of a rank. */
    static long pid(JavaProcess launcher, int rank) {
        return all(launcher).stream()
                .filter(each -> rank(each) == rank)
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("rank " + rank))
                .pid();
    }

    private static int rank(ProcessHandle process) {
        try {
            for (String variable : Files.readString(Path.of("/proc/" + process.pid() + "/environ"))
                    .split("\0")) {
                if (variable.startsWith("RANK=")) {
                    return Integer.parseInt(variable.substring("RANK=".length()));
                }
            }
            return -1;
        } catch (IOException e) {
            return -1; // it has just ended
        }
    }

    static void signal(String name, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor();
    }
}
