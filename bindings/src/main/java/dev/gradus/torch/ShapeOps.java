package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Views, reorderings, parts, and conversions of layout, dtype and device. Views share memory with the tensor. */
public sealed interface ShapeOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** The same elements in another shape, as a view where possible; one size may be -1. */
    default Tensor reshape(long... shape) {
        return Tensor.result(
                GradusTorch.gt_reshape(self().handle(), ThreadContext.current().list(shape), shape.length));
    }

    /** A view of another shape; one size may be -1. */
    default Tensor view(long... shape) {
        return Tensor.result(
                GradusTorch.gt_view(self().handle(), ThreadContext.current().list(shape), shape.length));
    }

    /** A view with the dimensions in another order. */
    default Tensor permute(long... dims) {
        return Tensor.result(
                GradusTorch.gt_permute(self().handle(), ThreadContext.current().list(dims), dims.length));
    }

    /** A copy with the order reversed along these dimensions. */
    default Tensor flip(long... dims) {
        return Tensor.result(
                GradusTorch.gt_flip(self().handle(), ThreadContext.current().list(dims), dims.length));
    }

    /** Copies side by side: so many along each dimension. */
    default Tensor repeat(long... counts) {
        return Tensor.result(
                GradusTorch.gt_repeat(self().handle(), ThreadContext.current().list(counts), counts.length));
    }

    /** A view in which dimensions of size 1 are stretched; -1 leaves a size as it is. */
    default Tensor expand(long... shape) {
        return Tensor.result(
                GradusTorch.gt_expand(self().handle(), ThreadContext.current().list(shape), shape.length));
    }

    /** A view with two dimensions swapped. */
    default Tensor transpose(int dim0, int dim1) {
        return Tensor.result(GradusTorch.gt_transpose(self().handle(), dim0, dim1));
    }

    /** All dimensions in one. */
    default Tensor flatten() {
        return Tensor.result(GradusTorch.gt_flatten(self().handle(), 0, -1));
    }

    /** The dimensions from startDim to endDim, both included, in one. */
    default Tensor flatten(int startDim, int endDim) {
        return Tensor.result(GradusTorch.gt_flatten(self().handle(), startDim, endDim));
    }

    /** A view with one more dimension, of size 1, at this place. */
    default Tensor unsqueeze(int dim) {
        return Tensor.result(GradusTorch.gt_unsqueeze(self().handle(), dim));
    }

    /** A view without the dimensions of size 1. */
    default Tensor squeeze() {
        return Tensor.result(GradusTorch.gt_squeeze(self().handle()));
    }

    /** A view without this dimension if its size is 1. */
    default Tensor squeeze(int dim) {
        return Tensor.result(GradusTorch.gt_squeeze_dim(self().handle(), dim));
    }

    /** A view of one index of a dimension, without that dimension. */
    default Tensor select(int dim, long index) {
        return Tensor.result(GradusTorch.gt_select(self().handle(), dim, index));
    }

    /** A view of length indices of a dimension, from start on. */
    default Tensor narrow(int dim, long start, long length) {
        return Tensor.result(GradusTorch.gt_narrow(self().handle(), dim, start, length));
    }

    /** A view of every step-th index in [start, end) of a dimension. */
    default Tensor slice(int dim, long start, long end, long step) {
        return Tensor.result(GradusTorch.gt_slice(self().handle(), dim, start, end, step));
    }

    /** The parts of a dimension that an INT64 vector of indices names. */
    default Tensor indexSelect(int dim, Tensor index) {
        return Tensor.result(GradusTorch.gt_index_select(self().handle(), dim, index.handle()));
    }

    /** For each element of an INT64 tensor of indices, the element at that index of the dimension. */
    default Tensor gather(int dim, Tensor index) {
        return Tensor.result(GradusTorch.gt_gather(self().handle(), dim, index.handle()));
    }

    /** The elements where a BOOL mask is true, as a vector. */
    default Tensor maskedSelect(Tensor index) {
        return Tensor.result(GradusTorch.gt_masked_select(self().handle(), index.handle()));
    }

    /** The indices of all elements that are not 0, as INT64 of shape (n, dim()). */
    default Tensor nonzero() {
        return Tensor.result(GradusTorch.gt_nonzero(self().handle()));
    }

    /** At most this many views of about the same size along a dimension. */
    default Tensor[] chunk(long chunks, int dim) {
        int capacity = Math.toIntExact(Math.max(1, chunks));
        MemorySegment out = ThreadContext.current().handles(capacity);
        long count = GradusTorch.gt_chunk(self().handle(), chunks, dim, out, capacity);
        Tensor.check(count < 0 ? 1 : 0);
        long[] handles = new long[(int) count];
        MemorySegment.copy(out, ValueLayout.JAVA_LONG, 0, handles, 0, handles.length);
        Tensor[] parts = new Tensor[handles.length];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = Tensor.result(handles[i]);
        }
        return parts;
    }

    /** Views of this size along a dimension; the last may be smaller. */
    default Tensor[] split(long size, int dim) {
        int capacity = Math.toIntExact(self().size(dim) / Math.max(1, size) + 1);
        MemorySegment out = ThreadContext.current().handles(capacity);
        long count = GradusTorch.gt_split(self().handle(), size, dim, out, capacity);
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
