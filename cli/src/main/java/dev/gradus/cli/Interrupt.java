package dev.gradus.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Lets work end in good order when the process is asked to end, by Ctrl-C or a signal: the work is asked to stop, and the
 * JVM goes on ending, with its usual exit code (130 after Ctrl-C), once this is closed.
 */
final class Interrupt implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;

    private Interrupt(Runnable stop) {
        this.hook = new Thread(() -> {
            stop.run();
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /**
     * From now on until the result is closed, the end of the process waits for this work.
     *
     * @param stop called on another thread when the process is asked to end; must make the work end soon
     */
    static Interrupt during(Runnable stop) {
        Interrupt interrupt = new Interrupt(stop);
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook with it.
        }
    }
}
