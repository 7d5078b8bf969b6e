package dev.gradus.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * What a thread needs at every call: its innermost scope, what the call has pinned, and memory for lists that is used
 * again and again.
 */
final class ThreadContext {

    private static final ThreadLocal<ThreadContext> CURRENT = ThreadLocal.withInitial(ThreadContext::new);

    TensorScope scope;
    /** Calls that are over, to be used again. */
    Call spareCalls;

    /** The innermost open mode. */
    Guard guard;

    private long[] spareSlots;
    private MemorySegment longs = allocate(64);
    private MemorySegment handles = allocate(64);

    /** Shared objects that the call being made uses, above those of the calls around it. */
    private NativeHandle[] pins = new NativeHandle[32];

    private int pinCount;
    private int firstPin;

    /** Whether warnings are not to be handed on now. */
    private boolean holdsWarnings;

    private ThreadContext() {
        Warnings.collect();
    }

    /**
     * The context of the calling thread.
     *
     * @throws NativeLibraryException if the native library could not be loaded
     */
    static ThreadContext current() {
        NativeLibrary.require();
        return CURRENT.get();
    }

    /** Notes that the call being made has pinned this. */
    void pinned(NativeHandle handle) {
        if (pinCount == pins.length) {
            pins = Arrays.copyOf(pins, 2 * pinCount);
        }
        pins[pinCount++] = handle;
    }

    /** The call is over: lets go of what it used, and hands on what libtorch warned of. */
    void endCall() {
        if (pinCount != firstPin) {
            releasePins();
        }
        if (Warnings.areWaiting() && !holdsWarnings) {
            handOnWarnings();
        }
    }

    /** A logger is code of the user's, which may call this library: it gets memory of its own, and no warnings. */
    private void handOnWarnings() {
        MemorySegment longsOfCall = longs;
        MemorySegment handlesOfCall = handles;
        longs = allocate(64);
        handles = allocate(64);
        int before = enterUpcall();
        boolean heldBefore = holdWarnings();
        try {
            Warnings.log();
        } finally {
            holdsWarnings = heldBefore;
            exitUpcall(before);
            longs = longsOfCall;
            handles = handlesOfCall;
        }
    }

    /**
     * Until {@link #handOnWarnings(boolean)}, warnings wait: results of a call are still to be read.
     *
     * @return what that takes
     */
    boolean holdWarnings() {
        boolean before = holdsWarnings;
        holdsWarnings = true;
        return before;
    }

    /** The end of {@link #holdWarnings}. */
    void handOnWarnings(boolean before) {
        holdsWarnings = before;
        endCall();
    }

    void releasePins() {
        while (pinCount > firstPin) {
            NativeHandle handle = pins[--pinCount];
            pins[pinCount] = null;
            handle.unpin();
        }
    }

    /** The call is over, and failed: the exception to throw. */
    RuntimeException failure() {
        try {
            return TorchException.last();
        } finally {
            endCall();
        }
    }

    /**
     * Native code calls back into Java in this thread: until {@link #exitUpcall}, calls end without letting go of what
     * the call around them uses. They may overwrite the lists of that call ({@link #list}), so the shim must have read
     * these before it calls back.
     *
     * @return what exitUpcall takes
     */
    int enterUpcall() {
        int before = firstPin;
        firstPin = pinCount;
        return before;
    }

    /** The end of {@link #enterUpcall}. */
    void exitUpcall(int before) {
        releasePins();
        firstPin = before;
    }

    /** What a scope keeps addresses in: that of the last scope closed, if it is not in use. */
    long[] takeSlots() {
        long[] slots = spareSlots;
        spareSlots = null;
        return slots == null ? new long[64] : slots;
    }

    void giveBackSlots(long[] slots) {
        spareSlots = slots;
    }

    private static MemorySegment allocate(long count) {
        return Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, count);
    }

    /** Memory for at least this many numbers; what it held before may be lost. */
    MemorySegment longs(int count) {
        if (longs.byteSize() < count * 8L) {
            longs = allocate(Math.max(count, longs.byteSize() / 4));
        }
        return longs;
    }

    /** The numbers as a native list, valid until the next call that takes one. */
    MemorySegment list(long... values) {
        MemorySegment list = longs(values.length);
        for (int i = 0; i < values.length; i++) {
            list.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        }
        return list;
    }

    /** Memory for at least this many handles; what it held before may be lost. */
    MemorySegment handles(int count) {
        if (handles.byteSize() < count * 8L) {
            handles = allocate(Math.max(count, handles.byteSize() / 4));
        }
        return handles;
    }

    /** The tensors as a native list of handles, valid until the next call that takes one. */
    MemorySegment list(List<Tensor> tensors) {
        MemorySegment list = handles(tensors.size());
        int i = 0;
        for (Tensor tensor : tensors) {
            list.setAtIndex(ValueLayout.JAVA_LONG, i++, tensor.handle());
        }
        return list;
    }
}
