package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads a tensor's shape where libtorch keeps it, which costs less than a call. The shim tells where that is, after it
 * has tried it on a tensor of the libtorch in this process. Tensors that know their shape in another way, as nested ones do, are
 * not {@linkplain #isPlain plain}: those are asked.
 */
final class ShapeFields {

    private static final MemorySegment MEMORY = everything();
    private static final boolean FOUND;
    private static final long DIM;
    private static final long SIZES;
    private static final long MAX_INSIDE;
    private static final long NUMEL;
    private static final long POLICY;
    private static final long CUSTOM_SIZES;

    static {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fields = arena.allocate(JAVA_LONG, 6);
            FOUND = GradusTorch.gt_tensor_fields(fields) == 0;
            DIM = fields.getAtIndex(JAVA_LONG, 0);
            SIZES = fields.getAtIndex(JAVA_LONG, 1);
            MAX_INSIDE = fields.getAtIndex(JAVA_LONG, 2);
            NUMEL = fields.getAtIndex(JAVA_LONG, 3);
            POLICY = fields.getAtIndex(JAVA_LONG, 4);
            CUSTOM_SIZES = fields.getAtIndex(JAVA_LONG, 5);
        }
    }

    private ShapeFields() {}

    @SuppressWarnings("restricted")
    private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    private static long word(long address) {
        // It is aligned; that the JVM need not check it saves a quarter of dim().
        return MEMORY.get(JAVA_LONG_UNALIGNED, address);
    }

    /** Whether the methods below may be called for it. */
    static boolean isPlain(long handle) {
        return FOUND && (word(handle + POLICY) & CUSTOM_SIZES) == 0;
    }

    static int dim(long handle) {
        return (int) word(handle + DIM);
    }

    static long numel(long handle) {
        return word(handle + NUMEL);
    }

    /** The address of the sizes. */
    static long sizes(long handle, int dim) {
        return dim <= MAX_INSIDE ? handle + SIZES : word(handle + SIZES);
    }

    static long size(long sizes, int index) {
        return word(sizes + 8L * index);
    }

    static long[] shape(long handle) {
        int dim = dim(handle);
        long sizes = sizes(handle, dim);
        long[] shape = new long[dim];
        for (int i = 0; i < dim; i++) {
            shape[i] = size(sizes, i);
        }
        return shape;
    }
}
