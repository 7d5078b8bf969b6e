package dev.gradus.cli;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The processes of a job on this machine: starts them, hands on what they print, and ends them together. */
final class LocalRanks implements Closeable {
    /** How long the others may take to end in good order after one has failed. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    /** Lines of a rank that are shown again when it has failed. */
    private static final int LAST_LINES = 5;

    private static final int KILLED = 128 + 9;

    /** One process. */
    private static final class Rank {
        private final int number;
        private final Process process;
        private final List<Thread> readers = new ArrayList<>();
        private final Deque<String> lastErrors = new ArrayDeque<>();

        Rank(int number, Process process) {
            this.number = number;
            this.process = process;
        }

        synchronized void remember(String line) {
            lastErrors.add(line);
            if (lastErrors.size() > LAST_LINES) {
                lastErrors.remove();
            }
        }

        synchronized List<String> lastErrors() {
            return List.copyOf(lastErrors);
        }
    }

    private final PrintWriter out;
    private final PrintWriter err;
    private final Path logs;
    private final List<Rank> ranks = new ArrayList<>();
    private final List<PrintWriter> files = new ArrayList<>();
    private final BlockingQueue<Rank> ended = new LinkedBlockingQueue<>();
    private volatile boolean asked;

    /** @param logs a folder that gets a file for each rank; null for none */
    LocalRanks(PrintWriter out, PrintWriter err, Path logs) {
        this.out = out;
        this.err = err;
        this.logs = logs;
    }

    /** Starts a rank in a session of its own, so that Ctrl-C reaches it through this process alone. */
    void start(int number, List<String> arguments, Map<String, String> variables) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(OwnCommand.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("TORCHELASTIC_") || name.startsWith("SLURM_"));
        builder.environment().putAll(variables);
        PrintWriter file = logs == null
                ? null
                : new PrintWriter(Files.newBufferedWriter(logs.resolve("rank-" + number + ".log")), true);
        if (file != null) {
            files.add(file);
        }
        Rank rank = new Rank(number, builder.start());
        ranks.add(rank);
        rank.readers.add(hand(rank, rank.process.getInputStream(), out, file, false));
        rank.readers.add(hand(rank, rank.process.getErrorStream(), err, file, true));
        rank.process.onExit().thenRun(() -> ended.add(rank));
    }

    private static Thread hand(Rank rank, InputStream from, PrintWriter to, PrintWriter file, boolean errors) {
        return Thread.ofPlatform().daemon().name("gradus-rank-" + rank.number).start(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    synchronized (to) {
                        to.println("[" + rank.number + "] " + line);
                        to.flush();
                    }
                    if (file != null) {
                        file.println(line);
                    }
                    if (errors) {
                        rank.remember(line);
                    }
                }
            } catch (IOException e) {
                // Its end was closed while it was read: the process is gone.
            }
        });
    }

    // By its handle: destroying a Process closes the streams from which its last words come.

    /** Asks all ranks to end in good order, as Ctrl-C does. From any thread. */
    void stop() {
        asked = true;
        ranks.forEach(rank -> rank.process.toHandle().destroy());
    }

    /**
     * Waits for all ranks; where one fails, ends the others within seconds.
     *
     * @return an exit code of the command
     */
    int await() throws InterruptedException {
        int left = ranks.size();
        Rank failed = null;
        while (left > 0) {
            Rank rank = ended.take();
            left--;
            if (rank.process.exitValue() != ExitCode.DONE && !asked) {
                failed = rank;
                break;
            }
        }
        if (failed == null) {
            join();
            return asked ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
        long since = System.nanoTime();
        ranks.forEach(rank -> rank.process.toHandle().destroy());
        for (Rank rank : ranks) {
            long rest = GRACE.toNanos() - (System.nanoTime() - since);
            if (!rank.process.waitFor(Math.max(0, rest), TimeUnit.NANOSECONDS)) {
                rank.process.toHandle().destroyForcibly();
            }
        }
        for (Rank rank : ranks) {
            rank.process.waitFor();
        }
        join();
        report(failed);
        int code = failed.process.exitValue();
        return code == ExitCode.USAGE ? code : ExitCode.FAILED;
    }

    private void join() throws InterruptedException {
        for (Rank rank : ranks) {
            for (Thread reader : rank.readers) {
                reader.join(Duration.ofSeconds(2));
            }
        }
    }

    private void report(Rank failed) {
        int code = failed.process.exitValue();
        String how = code == KILLED
                ? "was killed (signal 9: by somebody, or for want of memory)"
                : code > 128 ? "was ended by signal " + (code - 128) : "failed with exit code " + code;
        synchronized (err) {
            err.println("gradus launch: rank " + failed.number + " " + how
                    + (ranks.size() > 1 ? ", and the other ranks here were stopped" : "")
                    + (code == ExitCode.USAGE ? "" : "; the same command goes on from the last checkpoint"));
            failed.lastErrors().forEach(line -> err.println("  [" + failed.number + "] " + line));
            err.flush();
        }
    }

    /** Ends what still runs, at once. */
    @Override
    public void close() {
        ranks.forEach(rank -> rank.process.toHandle().destroyForcibly());
        files.forEach(PrintWriter::close);
    }
}
