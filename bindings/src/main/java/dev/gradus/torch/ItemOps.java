package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/**
 * {@code x[...]} and {@code x[...] = value} as in PyTorch; {@link Index} says what stands between the brackets.
 *
 * <p>The result is a view of the tensor's memory, unless a tensor or a truth value is among the indices: then it is a
 * copy. Index tensors are broadcast against each other, and their dimensions stand where the first of them stood if no
 * other index is between them, else in front. Too many indices, and positions out of range, are a
 * {@link TorchIndexException}.
 */
public sealed interface ItemOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** {@code x[position]}: without its first dimension. */
    default Tensor get(long position) {
        MemorySegment list = ThreadContext.current().longs(1);
        list.set(JAVA_LONG, 0, position);
        return Tensor.result(GradusTorch.gt_get_at(self().handle(), list, 1));
    }

    /** {@code x[p, q, ...]}: without as many first dimensions. */
    default Tensor get(long... positions) {
        MemorySegment list = ThreadContext.current().list(positions);
        return Tensor.result(GradusTorch.gt_get_at(self().handle(), list, positions.length));
    }

    /** {@code x[indices]}. */
    default Tensor get(Index... indices) {
        MemorySegment list = IndexCode.write(indices);
        return Tensor.result(GradusTorch.gt_get_item(self().handle(), list, indices.length));
    }

    /**
     * {@code x[indices]}, such as {@code x.get("1:5, ..., None")}.
     *
     * @throws IllegalArgumentException as {@link Index#parse}
     */
    default Tensor get(String indices) {
        return get(Index.parse(indices));
    }

    /**
     * {@code x[indices] = value}; the value is converted and broadcast.
     *
     * @return this
     * @throws TorchException if the value can't be broadcast to what the indices name
     */
    default Tensor set(Tensor value, Index... indices) {
        MemorySegment list = IndexCode.write(indices);
        Tensor.check(GradusTorch.gt_set_item(self().handle(), list, indices.length, value.handle()));
        return self();
    }

    /**
     * {@code x[p, q, ...] = value}.
     *
     * @return this
     */
    default Tensor set(Tensor value, long... positions) {
        MemorySegment list = IndexCode.write(positions);
        Tensor.check(GradusTorch.gt_set_item(self().handle(), list, positions.length, value.handle()));
        return self();
    }

    /**
     * {@code x[indices] = value}, converted to the dtype of the tensor.
     *
     * @return this
     */
    default Tensor set(double value, Index... indices) {
        return IndexCode.set(self(), Scalar.DOUBLE, Scalar.bits(value), IndexCode.write(indices), indices.length);
    }

    /**
     * {@code x[indices] = value}, converted to the dtype of the tensor.
     *
     * @return this
     */
    default Tensor set(long value, Index... indices) {
        return IndexCode.set(self(), Scalar.INT64, value, IndexCode.write(indices), indices.length);
    }

    /**
     * {@code x[p, q, ...] = value}, converted to the dtype of the tensor.
     *
     * @return this
     */
    default Tensor set(double value, long... positions) {
        return IndexCode.set(self(), Scalar.DOUBLE, Scalar.bits(value), IndexCode.write(positions), positions.length);
    }

    /**
     * {@code x[p, q, ...] = value}, converted to the dtype of the tensor.
     *
     * @return this
     */
    default Tensor set(long value, long... positions) {
        return IndexCode.set(self(), Scalar.INT64, value, IndexCode.write(positions), positions.length);
    }

    /**
     * {@code x[indices] = value}, with indices as text.
     *
     * @return this
     * @throws IllegalArgumentException as {@link Index#parse}
     */
    default Tensor set(Tensor value, String indices) {
        return set(value, Index.parse(indices));
    }

    /**
     * {@code x[indices] = value}, with indices as text.
     *
     * @return this
     * @throws IllegalArgumentException as {@link Index#parse}
     */
    default Tensor set(double value, String indices) {
        return set(value, Index.parse(indices));
    }
}
