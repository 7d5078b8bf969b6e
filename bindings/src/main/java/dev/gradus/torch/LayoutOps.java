package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Parts of equal size, and conversions of layout, dtype and device. */
public sealed interface LayoutOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** At most this many views of about the same size along a dimension. */
    default Tensor[] chunk(long chunks, int dim) {
        if (chunks < 1 || chunks > 1024) { // more than the memory for handles is worth in advance
            return Call.of(Aten.CHUNK)
                    .tensor(self())
                    .int_(chunks)
                    .int_(dim)
                    .list()
                    .toArray(Tensor[]::new);
        }
        MemorySegment out = ThreadContext.current().handles((int) chunks);
        return parts(GradusTorch.gt_chunk(self().handle(), chunks, dim, out, chunks), out);
    }

    /** Views of this size along a dimension; the last may be smaller. */
    default Tensor[] split(long size, int dim) {
        long count = self().size(dim) / Math.max(1, size) + 1;
        if (count > 1024) {
            return Call.of(Aten.SPLIT_TENSOR)
                    .tensor(self())
                    .int_(size)
                    .int_(dim)
                    .list()
                    .toArray(Tensor[]::new);
        }
        MemorySegment out = ThreadContext.current().handles((int) count);
        return parts(GradusTorch.gt_split(self().handle(), size, dim, out, count), out);
    }

    private static Tensor[] parts(long count, MemorySegment out) {
        Tensor.check(count < 0 ? 1 : 0);
        long[] handles = new long[(int) count];
        MemorySegment.copy(out, ValueLayout.JAVA_LONG, 0, handles, 0, handles.length);
        Tensor[] parts = new Tensor[handles.length];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = Tensor.result(handles[i]);
        }
        return parts;
    }

    /** The tensor itself if its elements lie in row-major order without gaps, else a copy where they do. */
    default Tensor contiguous() {
        return contiguous(MemoryFormat.CONTIGUOUS);
    }

    /** The tensor itself if its elements lie in this order without gaps, else a copy where they do. */
    default Tensor contiguous(MemoryFormat format) {
        return Tensor.result(GradusTorch.gt_contiguous(self().handle(), format.code()));
    }

    /** In another dtype; the tensor itself if it has it. */
    default Tensor to(DType dtype) {
        return to(dtype, null, false, false, MemoryFormat.PRESERVE);
    }

    /** On another device; the tensor itself if it is there. */
    default Tensor to(Device device) {
        return to(null, device, false, false, MemoryFormat.PRESERVE);
    }

    /** In another layout; the tensor itself if it has it. */
    default Tensor to(MemoryFormat format) {
        return to(null, null, false, false, format);
    }

    /**
     * In another dtype, on another device, in another layout; the tensor itself if nothing changes.
     *
     * @param dtype null = as it is
     * @param device null = as it is
     * @param nonBlocking whether a copy between pinned host memory and a device may go on after the call
     * @param copy whether to copy even if nothing changes
     * @param format the layout
     */
    default Tensor to(DType dtype, Device device, boolean nonBlocking, boolean copy, MemoryFormat format) {
        return Tensor.result(GradusTorch.gt_to(
                self().handle(),
                dtype == null ? -1 : dtype.code(),
                device == null ? -1 : device.type().code(),
                device == null ? -1 : device.index(),
                nonBlocking ? 1 : 0,
                copy ? 1 : 0,
                format.code()));
    }
}
