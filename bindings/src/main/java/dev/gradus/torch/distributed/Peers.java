package dev.gradus.torch.distributed;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a rank knows of the others: each one counts up a key of the store every second, and leaves a note where it fails. So a rank
 * whose operation failed can tell who is at fault.
 */
final class Peers implements AutoCloseable {
    /** Between two beats of a rank. */
    private static final Duration BEAT = Duration.ofSeconds(1);

    /** How long a rank must be silent to count as gone. */
    private static final Duration SILENCE = Duration.ofMillis(3500);

    /** How long the store may take to answer before it counts as gone. */
    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private static final String FAILURE = "failure";

    private final Environment environment;
    private final TCPStore store;
    private final Thread heart;
    private volatile boolean closed;

    /** @param store a connection for this object alone, under the prefix of the job; taken over */
    Peers(Environment environment, TCPStore store) {
        this.environment = environment;
        this.store = store;
        this.heart = Thread.ofPlatform().daemon().name("gradus-heartbeat").unstarted(this::beat);
    }

    void start() {
        heart.start();
    }

    /** This process, for messages; no two answers are equal. */
    static String self() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "an unnamed host";
        }
        return "process " + ProcessHandle.current().pid() + " on " + host + ", "
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
    }

    static String member(int rank) {
        return "member/" + rank;
    }

    private static String alive(int rank) {
        return "alive/" + rank;
    }

    private void beat() {
        try {
            while (!closed) {
                synchronized (store) {
                    store.add(alive(environment.rank()), 1);
                }
                Thread.sleep(BEAT);
            }
        } catch (InterruptedException e) {
            // Closed.
        } catch (RuntimeException e) {
            // The store is gone: operations will fail, and say so.
        }
    }

    /** The exception for an operation that failed. Takes some seconds to find out who is at fault, and tells the others. */
    DistributedException failure(String operation, Exception cause) {
        String found = within(this::silent);
        String culprit = found != null
                ? found
                : "the store at " + store + ", which "
                        + (environment.servesStore() ? "rank 0" : "the launcher")
                        + " serves, does not answer: it has ended, is stopped, or is cut off from this machine";
        DistributedException e = new DistributedException(
                environment.rank(), operation, culprit + " (libtorch: " + reason(cause) + ")", cause);
        if (found != null) {
            note(e.getMessage());
        }
        return e;
    }

    /** Leaves a note for the others about why this rank fails, unless another one has. */
    void note(String message) {
        within(() -> store.claim(FAILURE, message));
    }

    /** The first note left; null for none. */
    String noted() {
        synchronized (store) {
            return store.has(FAILURE) ? store.get(FAILURE, BEAT) : null;
        }
    }

    private String silent() {
        try {
            String note = noted();
            if (note != null) {
                return "another rank failed before: " + note;
            }
            long[] before = beats();
            Thread.sleep(SILENCE);
            note = noted();
            if (note != null) {
                return "another rank failed before: " + note;
            }
            long[] after = beats();
            List<String> silent = new ArrayList<>();
            for (int rank = 0; rank < before.length; rank++) {
                if (after[rank] == before[rank]) {
                    silent.add("rank " + rank + " (" + store.get(member(rank), BEAT) + ")");
                }
            }
            return silent.isEmpty()
                    ? "all ranks are alive, so one of them is busy with something else for too long, or does other"
                            + " operations than this one"
                    : String.join(", ", silent) + " is silent: killed, stopped, or cut off from the network";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted while the other ranks were asked";
        }
    }

    private long[] beats() {
        long[] beats = new long[environment.worldSize()];
        for (int rank = 0; rank < beats.length; rank++) {
            synchronized (store) {
                beats[rank] = store.add(alive(rank), 0);
            }
        }
        return beats;
    }

    /** What it answers; null if that takes too long or fails: a connection that was cut answers never. */
    private static String within(Callable<String> question) {
        FutureTask<String> task = new FutureTask<>(question);
        Thread.ofPlatform().daemon().name("gradus-peers").start(task);
        try {
            return task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    /** libtorch's words, without the file and line that they begin with. */
    static String reason(Exception cause) {
        String first = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return first.replaceFirst("^\\[\\S+:\\d+] ", "");
    }

    @Override
    public void close() {
        closed = true;
        heart.interrupt();
        // Not the store: a beat may be in it. It goes with this object.
    }
}
