package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;

/**
 * Elements out of a tensor and into it: single numbers, Java arrays, memory. The tensor may be on any device and of any
 * layout; reading waits for the device.
 */
public sealed interface DataOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    // -------------------------------------------------------------- single elements

    private MemorySegment readItem() {
        MemorySegment memory = ThreadContext.current().longs(3);
        Tensor.check(GradusTorch.gt_item(self().handle(), memory, memory.asSlice(8), memory.asSlice(16)));
        return memory;
    }

    /**
     * The only element, as a double.
     *
     * @throws TorchException if there is not exactly one, or it is a complex number with an imaginary part
     */
    default double item() {
        return readItem().get(JAVA_DOUBLE, 0);
    }

    /**
     * The only element, as a long. Of UINT64 it has the bits.
     *
     * @throws TorchException if there is not exactly one
     * @throws TorchTypeException if it is not an integer or a truth value
     */
    default long itemLong() {
        MemorySegment memory = readItem();
        if (memory.get(JAVA_INT, 16) == 0) {
            throw new TorchTypeException(
                    "itemLong() of a " + self().dtype() + " tensor; use item(), or to(DType.INT64) first");
        }
        return memory.get(JAVA_LONG, 8);
    }

    /**
     * Whether the only element is not 0.
     *
     * @throws TorchException if there is not exactly one
     */
    default boolean itemBoolean() {
        Complex value = itemComplex();
        return value.real() != 0 || value.imaginary() != 0;
    }

    /**
     * The only element, as a complex number.
     *
     * @throws TorchException if there is not exactly one
     */
    default Complex itemComplex() {
        MemorySegment memory = ThreadContext.current().longs(2);
        Tensor.check(GradusTorch.gt_item_complex(self().handle(), memory, memory.asSlice(8)));
        return new Complex(memory.get(JAVA_DOUBLE, 0), memory.get(JAVA_DOUBLE, 8));
    }

    // ----------------------------------------------------------------- Java arrays

    /**
     * The elements in row-major order, converted to float.
     *
     * @throws TorchTypeException if they are complex
     */
    default float[] toFloatArray() {
        float[] array = new float[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.FLOAT32, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * The elements in row-major order, converted to double.
     *
     * @throws TorchTypeException if they are complex
     */
    default double[] toDoubleArray() {
        double[] array = new double[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.FLOAT64, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * The elements in row-major order, converted to long; UINT64 keeps its bits.
     *
     * @throws TorchTypeException if they are complex
     */
    default long[] toLongArray() {
        long[] array = new long[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.INT64, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * The elements in row-major order, converted to int; UINT32 keeps its bits.
     *
     * @throws TorchTypeException if they are complex
     */
    default int[] toIntArray() {
        int[] array = new int[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.INT32, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * The elements in row-major order, converted to short; UINT16 keeps its bits.
     *
     * @throws TorchTypeException if they are complex
     */
    default short[] toShortArray() {
        short[] array = new short[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.INT16, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * The elements in row-major order, converted to unsigned bytes; INT8 keeps its bits.
     *
     * @throws TorchTypeException if they are complex
     */
    default byte[] toByteArray() {
        byte[] array = new byte[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.UINT8, MemorySegment.ofArray(array));
        return array;
    }

    /**
     * Whether each element is not 0, in row-major order.
     *
     * @throws TorchTypeException if they are complex
     */
    default boolean[] toBooleanArray() {
        byte[] bytes = new byte[TensorData.arrayLength(self())];
        TensorData.read(self(), DType.BOOL, MemorySegment.ofArray(bytes));
        boolean[] array = new boolean[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            array[i] = bytes[i] != 0;
        }
        return array;
    }

    /** The elements in row-major order, as complex numbers. */
    default Complex[] toComplexArray() {
        Complex[] array = new Complex[TensorData.arrayLength(self())];
        double[] pairs = new double[Math.multiplyExact(2, array.length)];
        TensorData.read(self(), DType.COMPLEX128, MemorySegment.ofArray(pairs));
        for (int i = 0; i < array.length; i++) {
            array[i] = new Complex(pairs[2 * i], pairs[2 * i + 1]);
        }
        return array;
    }

    // ---------------------------------------------------------------------- memory

    /**
     * Copies the elements, in row-major order and in the tensor's dtype, to memory: native, mapped, or a Java array's.
     * The bits of types that Java has not come out in this way, such as those of a FLOAT16 tensor to
     * {@code MemorySegment.ofArray(new short[n])}.
     *
     * @param out of exactly {@code numel() * dtype().byteSize()} bytes
     * @throws TorchValueException if it is of another size
     * @throws IllegalArgumentException if it is read-only
     */
    default void copyTo(MemorySegment out) {
        TensorData.readRaw(self(), out);
    }

    /**
     * As {@link #copyTo(MemorySegment)}, to what a buffer holds between its position and its limit, in the byte order of
     * the machine. The position stays where it is.
     *
     * @throws TorchValueException if that is of another size
     * @throws IllegalArgumentException if the buffer is read-only
     */
    default void copyTo(Buffer out) {
        TensorData.readRaw(self(), MemorySegment.ofBuffer(out));
    }

    /**
     * Replaces the elements by those in memory, in row-major order and in the tensor's dtype. Gradients do not flow
     * through it, and a graph that still needs the old elements will refuse to go backward.
     *
     * @param data of exactly {@code numel() * dtype().byteSize()} bytes
     * @return this
     * @throws TorchValueException if it is of another size
     */
    default Tensor copyFrom(MemorySegment data) {
        TensorData.write(self(), data);
        return self();
    }

    /**
     * As {@link #copyFrom(MemorySegment)}, from what a buffer holds between its position and its limit, in the byte
     * order of the machine. The position stays where it is.
     *
     * @return this
     * @throws TorchValueException if that is of another size
     */
    default Tensor copyFrom(Buffer data) {
        TensorData.write(self(), MemorySegment.ofBuffer(data));
        return self();
    }

    /**
     * The elements as memory, without a copy; changes go both ways, also those that operators make in place later, and
     * no gradient graph notices what is written here. The arena holds the tensor's memory: the view is good until the
     * arena is closed, even if the tensor is closed before, and an {@link IllegalStateException} after that. As long as
     * the tensor lives its storage can't be resized any more. {@code data(arena).asReadOnly()} only reads, and
     * {@code data(arena).asByteBuffer().order(ByteOrder.nativeOrder())} is a buffer of the same.
     *
     * @throws TorchValueException if the tensor is not contiguous or not on the CPU
     */
    default MemorySegment data(Arena arena) {
        return TensorData.view(self(), arena);
    }

    /**
     * As PyTorch prints it with these options.
     *
     * @throws IllegalStateException if the tensor is closed
     */
    default String toString(PrintOptions options) {
        return TensorPrinter.print(self(), options);
    }
}
