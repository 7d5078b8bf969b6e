package dev.gradus.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;

/**
 * Lets work end in good order when the process is asked to end. Ctrl-C asks the work to stop, and the command returns as it
 * does then; a second Ctrl-C ends the process at once. Another signal, such as the one of {@code kill}, asks the work to stop
 * too, and the JVM goes on ending once this is closed.
 */
final class Interrupt implements AutoCloseable {
    private static final String CTRL_C = "INT";

    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean asked = new AtomicBoolean();
    private final Thread hook;
    private final Object handlerBefore;

    private Interrupt(Runnable stop) {
        this.hook = new Thread(() -> {
            stop.run();
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        this.handlerBefore = Signals.register(CTRL_C, () -> {
            if (asked.getAndSet(true)) {
                // Not exit: that waits for the work, through the hook.
                Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
            }
            stop.run();
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
        // Null where Ctrl-C is ignored, as in the background of a script.
        if (handlerBefore != null) {
            Signals.unregister(CTRL_C, handlerBefore);
        }
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook with it.
        }
    }
}
