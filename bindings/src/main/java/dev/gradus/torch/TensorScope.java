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

    private final ThreadContext context;
    final Thread thread;
    private final TensorScope outer;
    private Tensor[] tensors = new Tensor[64];
    private int count;
    private boolean closed;

    private TensorScope(ThreadContext context) {
        this.context = context;
        this.thread = Thread.currentThread();
        this.outer = context.scope;
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
            outer.add(tensor);
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
        forget(tensor);
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
        checkThread();
        if (closed) {
            return;
        }
        if (context.scope != this) {
            throw new IllegalStateException(
                    "a scope that was opened inside this one is still open; close scopes innermost first");
        }
        closed = true;
        context.scope = outer;
        MemorySegment handles = context.handles(count);
        int live = 0;
        for (int i = 0; i < count; i++) {
            if (tensors[i] != null) {
                handles.setAtIndex(ValueLayout.JAVA_LONG, live++, tensors[i].release());
            }
        }
        GradusTorch.gt_free_many(handles, live);
        tensors = null;
        count = 0;
    }

    /** Makes this scope the owner of a tensor that has none. */
    void add(Tensor tensor) {
        if (count == tensors.length) {
            makeRoom();
        }
        tensors[count] = tensor;
        tensor.confine(this, count);
        count++;
    }

    /** Gives up a tensor of this scope. */
    void forget(Tensor tensor) {
        int slot = tensor.slot();
        tensors[slot] = null;
        if (slot == count - 1) {
            count--;
        }
    }

    /** Closes the gaps that tensors closed early have left, and grows if that does not give much. */
    private void makeRoom() {
        int live = 0;
        for (int i = 0; i < count; i++) {
            Tensor tensor = tensors[i];
            if (tensor != null) {
                tensors[live] = tensor;
                tensor.confine(this, live++);
            }
        }
        Arrays.fill(tensors, live, count, null);
        count = live;
        if (live > tensors.length / 2) {
            tensors = Arrays.copyOf(tensors, tensors.length * 2);
        }
    }

    void checkThread() {
        if (Thread.currentThread() != thread) {
            throw wrongThread();
        }
    }

    WrongThreadException wrongThread() {
        return new WrongThreadException("the scope belongs to thread '" + thread.getName() + "', and so do its tensors;"
                + " thread '" + Thread.currentThread().getName()
                + "' can use a tensor that was taken out with scope.keep(tensor)");
    }
}
