package dev.gradus.torch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;

/**
 * An object of the native side that any thread may use and close. A call that uses it pins it until the call is over,
 * so that a close from another thread takes effect only then; and a closed one can't be pinned.
 *
 * <p>This is the shared half of the memory model; {@link Tensor} adds the confined half, which needs no count.
 */
abstract class NativeHandle implements AutoCloseable {

    private static Thread cleanerThread;
    private static final Cleaner CLEANER = Cleaner.create(task -> {
        Thread thread = new Thread(task, "dev.gradus.torch cleaner");
        thread.setDaemon(true);
        cleanerThread = thread;
        return thread;
    });
    private static final VarHandle STATE;

    /** Set in {@link #state} until it is closed; the pins are counted above it. */
    private static final int OPEN = 1;

    private static final int PIN = 2;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(NativeHandle.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The address of the native object. */
    long address;
    /** What frees it: the Cleanable of a shared one; the scope of a confined tensor; null once that is closed. */
    Object owner;

    private volatile int state;

    NativeHandle(long address) {
        this.address = address;
    }

    /** Makes it usable by all threads, and freed by the garbage collector if nobody closes it. */
    final void share(Runnable free) {
        owner = CLEANER.register(this, free);
        state = OPEN;
    }

    /** Whether an object is freed right now because the garbage collector found it, not because it was closed. */
    static boolean isCollecting() {
        return Thread.currentThread() == cleanerThread;
    }

    /**
     * The address, good until this thread's call is over.
     *
     * @throws IllegalStateException if it is closed
     */
    final long pin() {
        for (int now = state; (now & OPEN) != 0; now = state) {
            if (STATE.compareAndSet(this, now, now + PIN)) {
                ThreadContext.current().pinned(this);
                return address;
            }
        }
        ThreadContext.current().releasePins(); // those of the call that now won't be made
        throw new IllegalStateException(closedMessage());
    }

    /** Frees it, once no call uses it any more. Closing twice is harmless. */
    @Override
    public abstract void close();

    /** What to tell somebody who uses it after its end. */
    abstract String closedMessage();

    final void unpin() {
        if ((int) STATE.getAndAdd(this, -PIN) == PIN) {
            free();
        }
    }

    /** Closes it for new calls, and frees it when the last call that uses it is over. Closing twice is harmless. */
    final void closeShared() {
        for (int now = state; (now & OPEN) != 0; now = state) {
            if (STATE.compareAndSet(this, now, now - OPEN)) {
                if (now == OPEN) {
                    free();
                }
                return;
            }
        }
    }

    private void free() {
        ((Cleaner.Cleanable) owner).clean();
    }

    final boolean isSharedOpen() {
        return (state & OPEN) != 0;
    }
}
