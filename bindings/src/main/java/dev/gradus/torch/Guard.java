package dev.gradus.torch;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * A mode of the current thread, for as long as it is open: use it in a try-with-resources. Guards of all kinds nest, and
 * are closed innermost first.
 *
 * <p>Modes belong to a platform thread. A virtual thread may go on in another platform thread at any time and would
 * leave its mode behind for whatever runs there next, so a guard cannot be opened in one: start a platform thread
 * ({@code Thread.ofPlatform()}) for work that needs a mode.
 */
public final class Guard implements AutoCloseable {

    private final Thread thread;
    private final ThreadContext context;
    private final Guard outer;
    private final LongConsumer exit;
    private final long before;
    private boolean closed;

    private Guard(ThreadContext context, long before, LongConsumer exit) {
        this.thread = Thread.currentThread();
        this.context = context;
        this.outer = context.guard;
        this.before = before;
        this.exit = exit;
        context.guard = this;
    }

    /** For a mode that was switched on already. */
    Guard(Runnable restore) {
        this(ThreadContext.current(), 0, before -> restore.run());
    }

    /**
     * Opens a mode.
     *
     * @param enter switches it on and returns what was before
     * @param exit restores that
     * @throws IllegalStateException in a virtual thread
     */
    static Guard open(LongSupplier enter, LongConsumer exit) {
        requirePlatformThread();
        return openInAnyThread(enter, exit);
    }

    /**
     * To be called before something that stays with the thread is begun.
     *
     * @throws IllegalStateException in a virtual thread
     */
    static void requirePlatformThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a mode (noGrad, autocast, stream, range, ...) in the virtual thread '"
                    + Thread.currentThread().getName()
                    + "': modes belong to platform threads, use Thread.ofPlatform() for this work");
        }
    }

    /** As {@link #open}, for a few calls during which a virtual thread stays where it is. */
    static Guard openInAnyThread(LongSupplier enter, LongConsumer exit) {
        ThreadContext context = ThreadContext.current();
        return new Guard(context, enter.getAsLong(), exit);
    }

    /**
     * Restores what was before. Closing twice is harmless.
     *
     * @throws WrongThreadException if another thread opened it
     * @throws IllegalStateException if a guard that was opened inside this one is still open
     */
    @Override
    public void close() {
        if (Thread.currentThread() != thread) {
            throw new WrongThreadException(
                    "this mode was opened by thread '" + thread.getName() + "' and must be closed there, not by '"
                            + Thread.currentThread().getName() + "'");
        }
        if (closed) {
            return;
        }
        if (context.guard != this) {
            throw new IllegalStateException(
                    "a mode that was opened inside this one is still open; close guards innermost first");
        }
        closed = true;
        context.guard = outer;
        exit.accept(before);
    }

    /** Closes what was opened in this thread since this guard was the innermost one. */
    static void closeInside(ThreadContext context, Guard outermost) {
        while (context.guard != outermost && context.guard != null) {
            context.guard.close();
        }
    }
}
