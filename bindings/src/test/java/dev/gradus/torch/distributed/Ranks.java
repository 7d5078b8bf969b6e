package dev.gradus.torch.distributed;

import dev.gradus.torch.C10d;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;

/** Ranks that are threads of this process. */
final class Ranks {
    /** What a rank does. */
    interface Body<T> {
        T run(ProcessGroup group) throws Exception;
    }

    private Ranks() {}

    /** Skips the test where this build lacks Gloo. */
    static void requireGloo() {
        try {
            C10d.require(C10d.Backend.GLOO);
        } catch (RuntimeException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static Environment environment(int rank, int size, int port) {
        return Environment.local(rank, size, port).withTimeouts(Duration.ofSeconds(20), Duration.ofSeconds(10));
    }

    /** What each rank comes to, or the exception of the first that fails. */
    static <T> List<T> run(int size, Body<T> body) throws Exception {
        requireGloo();
        int port = freePort();
        List<Callable<T>> ranks = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            Environment environment = environment(rank, size, port);
            ranks.add(() -> {
                try (ProcessGroup group = ProcessGroup.join(environment, Device.cpu())) {
                    T result = body.run(group);
                    group.barrier();
                    return result;
                }
            });
        }
        return all(ranks);
    }

    static <T> List<T> all(List<Callable<T>> ranks) throws Exception {
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            List<Future<T>> futures = new ArrayList<>();
            for (Callable<T> rank : ranks) {
                futures.add(threads.submit(rank));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                try {
                    results.add(future.get());
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            }
            return results;
        }
    }

    /** The message of each rank's exception; "fine" for none. */
    static List<String> failures(List<Callable<Void>> ranks) throws Exception {
        List<Callable<String>> caught = new ArrayList<>();
        for (Callable<Void> rank : ranks) {
            caught.add(() -> {
                try {
                    rank.call();
                    return "fine";
                } catch (DistributedException e) {
                    return e.getMessage();
                }
            });
        }
        return all(caught);
    }
}
