package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Memory that Java owns and tensors lie in, without a copy. All threads may use it.
 *
 * <pre>{@code
 * try (var arena = TensorArena.open()) {
 *     MemorySegment file = channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena);
 *     try (var scope = TensorScope.open()) {
 *         Tensor x = arena.tensor(file, DType.FLOAT32, 1000, 784);   // reads the file as it is used
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <p>The rule: <em>tensors go first</em>. {@link #close} throws an {@link IllegalStateException}, and changes nothing, as
 * long as a tensor made by {@link #tensor}, a view of one, or a gradient graph that saved one is alive; so no tensor is
 * ever left without its memory. An arena that is forgotten keeps its memory, as one of {@link Arena#ofShared} does.
 *
 * <p>A file mapped as {@code PRIVATE} is never written to, though Java wants its channel open for reading and writing. A
 * mapped file must not be shortened while tensors lie in it: the operating system ends a process that reads memory
 * whose file is gone.
 */
public final class TensorArena implements Arena {

    /** What libtorch's own allocator gives; its vector instructions are at their best so. */
    private static final long ALIGNMENT = 64;

    private final Arena memory = Arena.ofShared();
    /** Counts the tensors that are alive. */
    private final MemorySegment lease;

    private boolean closed;

    private TensorArena(MemorySegment lease) {
        this.lease = lease;
    }

    /** A new one, to be closed. */
    public static TensorArena open() {
        NativeLibrary.require();
        MemorySegment lease = GradusTorch.gt_lease_new();
        Tensor.check(lease.address() == 0 ? GradusTorch.GT_ERROR() : 0);
        return new TensorArena(lease);
    }

    /**
     * Zeros, at an address that is a multiple of 64 at least.
     *
     * @throws IllegalStateException if the arena is closed
     */
    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        return memory.allocate(byteSize, Math.max(ALIGNMENT, byteAlignment));
    }

    /** As long as it is alive, so are all segments of the arena. */
    @Override
    public MemorySegment.Scope scope() {
        return memory.scope();
    }

    /**
     * A tensor over the memory of a segment: what one writes the other reads. It needs no gradient; a leaf that does is
     * {@code requiresGrad_(true)} away.
     *
     * @param segment of this arena: allocated by it, mapped into it, or a part of such
     * @param dtype how the bytes are to be read
     * @param shape of the tensor, in row-major order, from the start of the segment on; it need not use all of it
     * @throws IllegalStateException if the arena is closed
     * @throws IllegalArgumentException if the segment is not of this arena, or is read-only: libtorch would write to it
     * @throws TorchValueException if the segment is too small, or its address is not a multiple of an element's size
     */
    public synchronized Tensor tensor(MemorySegment segment, DType dtype, long... shape) {
        if (closed) {
            throw new IllegalStateException("the arena is closed");
        }
        if (!segment.scope().equals(memory.scope())) {
            throw new IllegalArgumentException("the segment is not of this arena: allocate it with this arena, map it"
                    + " into it, or copy it with Torch.fromSegment");
        }
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("the segment is read-only, and libtorch could write to it; map a file"
                    + " with FileChannel.MapMode.PRIVATE, which keeps changes in memory (its channel must be open for"
                    + " reading and writing)");
        }
        if (dtype.isQuantized()) {
            throw new TorchTypeException("a " + dtype + " tensor needs a scale as well as memory; make one of INT8 or"
                    + " UINT8, and quantize or scale it");
        }
        long bytes = TensorData.bytes(dtype, shape);
        if (bytes > segment.byteSize()) {
            throw new TorchValueException("the segment has " + segment.byteSize() + " bytes, a " + dtype
                    + " tensor of shape " + Arrays.toString(shape) + " needs " + bytes);
        }
        int alignment = dtype.isComplex() ? dtype.byteSize() / 2 : dtype.byteSize();
        if (segment.address() % alignment != 0) {
            throw new TorchValueException("the segment starts at address " + Long.toHexString(segment.address())
                    + ", which is no multiple of " + alignment + " as a " + dtype + " tensor needs");
        }
        return Tensor.result(GradusTorch.gt_leased_tensor(
                lease, segment, ThreadContext.current().list(shape), shape.length, dtype.code()));
    }

    /** The tensors made by {@link #tensor} that are in use still, each with all its views as one. */
    public synchronized long liveTensors() {
        return closed ? 0 : GradusTorch.gt_lease_count(lease);
    }

    /**
     * Frees the memory.
     *
     * @throws IllegalStateException if tensors still use it, and how many; or if the arena is closed already
     */
    @Override
    public synchronized void close() {
        long live = liveTensors();
        if (live > 0) {
            throw new IllegalStateException((live == 1 ? "1 tensor still uses" : live + " tensors still use")
                    + " the memory of this arena, directly, through a view or in a gradient graph; close them first");
        }
        memory.close();
        closed = true;
        GradusTorch.gt_lease_free(lease);
    }
}
