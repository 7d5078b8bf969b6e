package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.util.Objects;

/**
 * Makes tensors from numbers that Java holds. All of them copy; {@link TensorArena} makes tensors over memory where it
 * lies. An array is read in row-major order. A shape that is left out means a vector.
 */
abstract sealed class DataFactories permits TorchFactories {

    DataFactories() {}

    // ------------------------------------------------------------------- vectors

    /** A vector of these floats. */
    public static Tensor tensor(float... values) {
        return tensor(values, values.length);
    }

    /** A vector of these doubles, as float64. */
    public static Tensor tensor(double... values) {
        return tensor(values, values.length);
    }

    /** A vector of these longs. */
    public static Tensor tensor(long... values) {
        return tensor(values, values.length);
    }

    /** A vector of these truth values. */
    public static Tensor tensor(boolean... values) {
        return tensor(values, values.length);
    }

    /** A vector of these complex numbers, as complex128. */
    public static Tensor tensor(Complex... values) {
        return tensor(values, values.length);
    }

    /** A vector of these ints, as INT32. */
    public static Tensor tensor(int[] values) {
        return tensor(values, values.length);
    }

    /** A vector of these shorts, as INT16. */
    public static Tensor tensor(short[] values) {
        return tensor(values, values.length);
    }

    /** A vector of these bytes, as UINT8. */
    public static Tensor tensor(byte[] values) {
        return tensor(values, values.length);
    }

    // --------------------------------------------------------------------- shaped

    /**
     * A FLOAT32 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(float[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.FLOAT32, shape);
    }

    /**
     * A FLOAT64 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(double[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.FLOAT64, shape);
    }

    /**
     * A INT64 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(long[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.INT64, shape);
    }

    /**
     * A INT32 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(int[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.INT32, shape);
    }

    /**
     * A INT16 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(short[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.INT16, shape);
    }

    /**
     * A UINT8 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(byte[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(values), DType.UINT8, shape);
    }

    /**
     * A BOOL tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(boolean[] values, long... shape) {
        return TensorData.make(TensorData.memory(values), DType.BOOL, shape);
    }

    /**
     * A COMPLEX128 tensor of this shape.
     *
     * @throws TorchValueException if the shape has not as many elements as the array
     */
    public static Tensor tensor(Complex[] values, long... shape) {
        return TensorData.make(MemorySegment.ofArray(TensorData.pairs(values)), DType.COMPLEX128, shape);
    }

    /**
     * A tensor of nested arrays of any primitive type, such as a {@code float[][]}; its dtype is that of the methods
     * above, its shape that of the nesting.
     *
     * @throws TorchValueException if arrays at one depth are of different lengths
     * @throws IllegalArgumentException if the innermost are no arrays of a primitive type
     */
    public static Tensor fromNested(Object array) {
        return NestedArrays.tensor(Objects.requireNonNull(array, "array"));
    }

    /** A tensor without dimensions that holds one double, as float64. */
    public static Tensor scalar(double value) {
        return TensorData.make(MemorySegment.ofArray(new double[] {value}), DType.FLOAT64);
    }

    /** A tensor without dimensions that holds one long, as int64. */
    public static Tensor scalar(long value) {
        return TensorData.make(MemorySegment.ofArray(new long[] {value}), DType.INT64);
    }

    /** A tensor without dimensions that holds one truth value. */
    public static Tensor scalar(boolean value) {
        return TensorData.make(TensorData.memory(value), DType.BOOL);
    }

    /** A tensor without dimensions that holds one complex number, as complex128. */
    public static Tensor scalar(Complex value) {
        return TensorData.make(MemorySegment.ofArray(TensorData.pairs(value)), DType.COMPLEX128);
    }

    // ------------------------------------------------------------ as fromArray, older

    /** As {@link #tensor(float[], long...)}. */
    public static Tensor fromArray(float[] values, long... shape) {
        return tensor(values, shape);
    }

    /** As {@link #tensor(double[], long...)}. */
    public static Tensor fromArray(double[] values, long... shape) {
        return tensor(values, shape);
    }

    /** As {@link #tensor(long[], long...)}. */
    public static Tensor fromArray(long[] values, long... shape) {
        return tensor(values, shape);
    }

    /** As {@link #tensor(int[], long...)}. */
    public static Tensor fromArray(int[] values, long... shape) {
        return tensor(values, shape);
    }

    /** As {@link #tensor(byte[], long...)}. */
    public static Tensor fromArray(byte[] values, long... shape) {
        return tensor(values, shape);
    }

    // --------------------------------------------------------------------- memory

    /**
     * A tensor on the CPU with a copy of the memory, which holds its elements in row-major order. Java arrays whose
     * elements are the bits of another dtype come in this way, such as a {@code short[]} of FLOAT16:
     * {@code Torch.fromSegment(MemorySegment.ofArray(bits), DType.FLOAT16, bits.length)}.
     *
     * @throws TorchValueException if the memory is not of exactly the size that dtype and shape need
     */
    public static Tensor fromSegment(MemorySegment data, DType dtype, long... shape) {
        return TensorData.make(data, dtype, shape);
    }

    /**
     * As {@link #fromSegment}, from what a buffer holds between its position and its limit, in the byte order of the
     * machine. The position stays where it is.
     *
     * @throws TorchValueException if that is not of exactly the size that dtype and shape need
     */
    public static Tensor fromBuffer(Buffer data, DType dtype, long... shape) {
        return TensorData.make(MemorySegment.ofBuffer(data), dtype, shape);
    }

    // --------------------------------------------------------------- default dtype

    /** The dtype of what is made from real numbers without one being named; float32 at first. */
    public static DType getDefaultDtype() {
        return TensorOptions.defaults().dtype();
    }

    /**
     * Sets {@link #getDefaultDtype}, for all threads and for libtorch's own operators.
     *
     * @throws TorchTypeException if it is not FLOAT32, FLOAT64, FLOAT16 or BFLOAT16
     */
    public static void setDefaultDtype(DType dtype) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_default_dtype(dtype.code()));
        TensorOptions.setDefaultDtype(dtype);
    }
}
