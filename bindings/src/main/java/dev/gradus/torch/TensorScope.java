package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Frees what is made inside it: every tensor that the current thread makes while the scope is its innermost one is
 * closed at the scope's end, in one native call.
 *
 * <pre>{@code
 * try (var scope = TensorScope.open()) {
 *     Tensor y = x.matmul(w).add(b).relu();   // the temporaries go at the end
 *     result = scope.keep(y.mean());          // this one stays
 * }
 * }</pre>
 *
 * <p>A scope belongs to the thread that opened it, and so do the tensors in it: see {@link Tensor}. Scopes nest and are
 * closed innermost first.
 */
public final class TensorScope implements AutoCloseable {

    private static final int NONE = -1;

    private final ThreadContext context;
    private final TensorScope outer;
    /** The one that may use it and its tensors; null once it is closed. */
    Thread thread;
    /**
     * The addresses of its tensors, each in its slot, so that the scope keeps no tensor from the garbage collector, and
     * costs no barrier of it. An empty slot holds where the next empty one is, as an odd number, which no address is.
     */
    private long[] slots;

    /** How many slots were ever used. */
    private int used;

    private int firstEmpty = NONE;

    private TensorScope(ThreadContext context) {
        this.context = context;
        this.thread = Thread.currentThread();
        this.outer = context.scope;
        this.slots = context.takeSlots();
    }

    /** Opens a scope in the current thread, inside the one that is open there. */
    public static TensorScope open() {
        ThreadContext context = ThreadContext.current();
        TensorScope scope = new TensorScope(context);
        context.scope = scope;
        return scope;
    }

    /**
     * Takes a tensor out of this scope and of all around it: from now on it is shared, and lives until it is closed; if
     * that is forgotten, until the garbage collector finds it.
     *
     * @return the tensor
     * @throws IllegalStateException if the tensor is closed
     * @throws IllegalArgumentException if the tensor is of another scope
     */
    public Tensor keep(Tensor tensor) {
        if (take(tensor)) {
            tensor.share();
        }
        return tensor;
    }

    /**
     * Moves a tensor to the scope around this one; where there is none, as {@link #keep}.
     *
     * @return the tensor
     * @throws IllegalStateException if the tensor is closed
     * @throws IllegalArgumentException if the tensor is of another scope
     */
    public Tensor promote(Tensor tensor) {
        if (outer == null) {
            return keep(tensor);
        }
        if (take(tensor)) {
            tensor.confine(outer);
        }
        return tensor;
    }

    /** Takes a tensor out of this scope; false where it is shared, and so in none. */
    private boolean take(Tensor tensor) {
        tensor.handle();
        Tensor.done();
        if (tensor.scope() == null) {
            return false;
        }
        if (tensor.scope() != this) {
            throw new IllegalArgumentException("the tensor belongs to another scope than the one asked to let it go");
        }
        forget(tensor.slot());
        return true;
    }

    /**
     * Frees all that was made inside. Closing twice is harmless.
     *
     * @throws WrongThreadException if another thread opened it
     * @throws IllegalStateException if a scope inside it is still open
     */
    @Override
    public void close() {
        if (isClosed()) {
            return;
        }
        checkThread();
        if (context.scope != this) {
            throw new IllegalStateException(
                    "a scope that was opened inside this one is still open; close scopes innermost first");
        }
        thread = null;
        context.scope = outer;
        MemorySegment addresses = context.handles(used);
        int live = 0;
        for (int i = 0; i < used; i++) {
            if ((slots[i] & 1) == 0) {
                addresses.setAtIndex(ValueLayout.JAVA_LONG, live++, slots[i]);
            }
        }
        context.giveBackSlots(slots);
        slots = null;
        GradusTorch.gt_free_many(addresses, live);
    }

    /** Whether it and its tensors are closed; another thread may learn of it late. */
    boolean isClosed() {
        return thread == null;
    }

    /** Closes the scopes that were left open inside this one, and this one. */
    void closeWithInner() {
        while (context.scope != this) {
            context.scope.close();
        }
        close();
    }

    /** Makes this scope free a tensor; the answer is its slot. */
    int add(long address) {
        int slot = firstEmpty;
        if (slot != NONE) {
            firstEmpty = (int) (slots[slot] >> 1);
        } else {
            slot = used;
            if (slot == slots.length) {
                slots = Arrays.copyOf(slots, 2 * slot);
            }
            used = slot + 1;
        }
        slots[slot] = address;
        return slot;
    }

    /** Gives up the tensor in this slot. */
    void forget(int slot) {
        slots[slot] = (long) firstEmpty << 1 | 1;
        firstEmpty = slot;
    }

    void checkThread() {
        if (Thread.currentThread() != thread) {
            throw wrongThread();
        }
    }

    WrongThreadException wrongThread() {
        Thread owner = thread;
        return new WrongThreadException("the scope belongs to "
                + (owner == null ? "another thread" : "thread '" + owner.getName() + "'") + ", and so do its tensors;"
                + " thread '" + Thread.currentThread().getName()
                + "' can use a tensor that was taken out with scope.keep(tensor)");
    }
}
