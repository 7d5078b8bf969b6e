package dev.gradus.diffusion.data;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Does the same for many numbers on several threads. */
final class Parallel {
    private Parallel() {}

    /** What is done for a number. */
    @FunctionalInterface
    interface Body {
        void run(long number) throws IOException;
    }

    /**
     * Calls {@code body} for all numbers from {@code from} to {@code to - 1}, in about that order, and {@code tick} in the calling
     * thread several times a second and at the end. When either throws, no further number is begun.
     *
     * @throws IOException the first that {@code body} threw
     */
    static void run(long from, long to, int threads, Body body, Runnable tick) throws IOException {
        AtomicLong next = new AtomicLong(from);
        AtomicBoolean stop = new AtomicBoolean();
        try (ExecutorService executor = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("gradus-data-", 0).factory())) {
            var futures = IntStream.range(0, threads)
                    .mapToObj(_ -> executor.submit(() -> {
                        try {
                            for (long i = next.getAndIncrement(); i < to && !stop.get(); i = next.getAndIncrement()) {
                                body.run(i);
                            }
                        } catch (IOException | RuntimeException | Error e) {
                            stop.set(true);
                            throw e;
                        }
                        return null;
                    }))
                    .toList();
            try {
                for (Future<?> future : futures) {
                    await(future, tick);
                }
                tick.run();
            } finally {
                stop.set(true);
            }
        }
    }

    private static void await(Future<?> future, Runnable tick) throws IOException {
        while (true) {
            try {
                future.get(200, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                tick.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException io -> throw io;
                    case RuntimeException runtime -> throw runtime;
                    case Error error -> throw error;
                    case null, default -> throw new AssertionError(e);
                }
            }
        }
    }
}
