package dev.gradus.torch;

/** A mode of the current thread, for as long as it is open: use it in a try-with-resources. */
public final class Guard implements AutoCloseable {

    private final Thread thread = Thread.currentThread();
    private final Runnable restore;
    private boolean closed;

    Guard(Runnable restore) {
        this.restore = restore;
    }

    /**
     * Restores what was before. Closing twice is harmless.
     *
     * @throws WrongThreadException if another thread opened it
     */
    @Override
    public void close() {
        if (Thread.currentThread() != thread) {
            throw new WrongThreadException(
                    "this mode was opened by thread '" + thread.getName() + "' and must be closed there, not by '"
                            + Thread.currentThread().getName() + "'");
        }
        if (!closed) {
            closed = true;
            restore.run();
        }
    }
}
