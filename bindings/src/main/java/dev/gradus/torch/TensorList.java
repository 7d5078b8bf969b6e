package dev.gradus.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A fixed list of tensors with native memory of its own, for calls that work on many tensors at once, step after
 * step. It borrows the tensors: it neither keeps them open nor closes them.
 */
public final class TensorList implements AutoCloseable {

    private final List<Tensor> tensors;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment handles;

    private TensorList(List<Tensor> tensors) {
        this.tensors = List.copyOf(tensors);
        this.handles = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, tensors.size()));
    }

    /** A list of these tensors, in this order. */
    public static TensorList of(List<Tensor> tensors) {
        return new TensorList(tensors);
    }

    /** The tensors. */
    public List<Tensor> tensors() {
        return tensors;
    }

    /** How many they are. */
    public int size() {
        return tensors.size();
    }

    /**
     * The handles as the shim takes them, read anew from the tensors.
     *
     * @throws IllegalStateException if one of them is closed
     */
    MemorySegment handles() {
        for (int i = 0; i < tensors.size(); i++) {
            handles.setAtIndex(ValueLayout.JAVA_LONG, i, tensors.get(i).handle());
        }
        return handles;
    }

    /** Frees the list, not the tensors. Closing twice is harmless. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
