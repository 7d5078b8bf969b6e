package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * Copies between tensors and Java's memory. A contiguous tensor on the CPU, read in its own dtype, takes one native call
 * that sees the Java array where it lies; everything else goes through one intermediate tensor that is such.
 */
final class TensorData {

    /** Up to so many bytes a tensor is made by a call without a transition; more memory may take a while to be had. */
    private static final long SHORT = 1 << 20;

    private static final MethodHandle FROM_DATA;
    private static final MethodHandle COPY_OUT;
    private static final MethodHandle COPY_IN;

    static {
        NativeLibrary.require();
        FROM_DATA = onHeap(GradusTorch.gt_from_data$address(), GradusTorch.gt_from_data$descriptor());
        COPY_OUT = onHeap(GradusTorch.gt_copy_out$address(), GradusTorch.gt_copy_out$descriptor());
        COPY_IN = onHeap(GradusTorch.gt_copy_in$address(), GradusTorch.gt_copy_in$descriptor());
    }

    private TensorData() {}

    /** The header promises of these functions what such a call needs. */
    @SuppressWarnings("restricted")
    private static MethodHandle onHeap(MemorySegment address, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(true));
    }

    // -------------------------------------------------------------------- making

    /** A tensor on the CPU with a copy of the memory. */
    static Tensor make(MemorySegment data, DType dtype, long... shape) {
        long bytes = data.byteSize();
        checkBytes(bytes, dtype, shape);
        if (data.isMapped() || bytes > SHORT) {
            return copyInto(Torch.empty(TensorOptions.of(dtype), shape), data);
        }
        long address;
        try {
            address = (long)
                    FROM_DATA.invokeExact(data, bytes, MemorySegment.ofArray(shape), (long) shape.length, dtype.code());
        } catch (Throwable e) {
            throw unchecked(e);
        }
        return Tensor.result(address);
    }

    private static Tensor copyInto(Tensor tensor, MemorySegment data) {
        try {
            write(tensor, data);
            return tensor;
        } catch (Throwable e) {
            tensor.close();
            throw e;
        }
    }

    // ------------------------------------------------------------- reading, writing

    /** The number of elements, for a Java array of them. */
    static int arrayLength(Tensor tensor) {
        long numel = tensor.numel();
        if (numel > Integer.MAX_VALUE - 8) {
            throw new TorchValueException("a tensor of " + numel + " elements does not fit into a Java array;"
                    + " use copyTo(MemorySegment)");
        }
        return (int) numel;
    }

    /** Copies the elements, converted, to memory that is not mapped and that Java may write to. */
    static void read(Tensor tensor, DType dtype, MemorySegment out) {
        int status = copyOut(tensor.handle(), dtype, out);
        if (status != GradusTorch.GT_NOT_PLAIN()) {
            Tensor.check(status);
            return;
        }
        Tensor.done();
        if (tensor.dtype().isComplex() && !dtype.isComplex()) {
            throw new TorchTypeException("a " + tensor.dtype() + " tensor is read as " + dtype
                    + ", which would lose the imaginary parts; use toComplexArray(), or real() first");
        }
        try (Tensor host = Tensor.result(GradusTorch.gt_to_host(tensor.handle(), dtype.code()))) {
            Tensor.check(copyOut(host.handle(), dtype, out));
        }
    }

    private static int copyOut(long handle, DType dtype, MemorySegment out) {
        try {
            return (int) COPY_OUT.invokeExact(handle, dtype.code(), out, out.byteSize());
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Copies the elements, as they are, to memory of any kind. */
    static void readRaw(Tensor tensor, MemorySegment out) {
        if (out.isReadOnly()) {
            throw new IllegalArgumentException("the memory to copy to is read-only");
        }
        DType dtype = tensor.dtype();
        checkBytes(out.byteSize(), dtype, tensor.shape());
        if (!out.isMapped()) {
            read(tensor, dtype, out);
            return;
        }
        try (Arena arena = Arena.ofConfined();
                Tensor host = Tensor.result(GradusTorch.gt_to_host(tensor.handle(), dtype.code()))) {
            out.copyFrom(hold(host, arena));
        }
    }

    /** Replaces the elements by those in memory. */
    static void write(Tensor tensor, MemorySegment data) {
        DType dtype = tensor.dtype();
        checkBytes(data.byteSize(), dtype, tensor.shape());
        if (data.isMapped()) {
            writeMapped(tensor, dtype, data);
            return;
        }
        int status;
        try {
            status = (int) COPY_IN.invokeExact(tensor.handle(), dtype.code(), data, data.byteSize());
        } catch (Throwable e) {
            throw failed(e);
        }
        if (status != GradusTorch.GT_NOT_PLAIN()) {
            Tensor.check(status);
            return;
        }
        Tensor.done();
        try (Tensor source = make(data, dtype, tensor.shape())) {
            copy(source, tensor);
        }
    }

    /** The elements of a file are copied by Java, which survives it when somebody shortens the file meanwhile. */
    @SuppressWarnings("restricted")
    private static void writeMapped(Tensor tensor, DType dtype, MemorySegment data) {
        if (data.byteSize() == 0) {
            return;
        }
        MemorySegment elements = GradusTorch.gt_overwrite(tensor.handle(), dtype.code());
        if (elements.address() != 0) {
            try {
                elements.reinterpret(data.byteSize()).copyFrom(data);
            } finally {
                Tensor.done();
            }
            return;
        }
        Tensor.done();
        try (Tensor source = make(data, dtype, tensor.shape())) {
            copy(source, tensor);
        }
    }

    private static void copy(Tensor source, Tensor target) {
        try (Guard _ = Autograd.noGradForCalls()) {
            target.copy_(source);
        }
    }

    // --------------------------------------------------------------------- memory

    static MemorySegment view(Tensor tensor, Arena arena) {
        if (tensor.device().isCuda() || !tensor.isContiguous()) {
            throw new TorchValueException("data() needs a contiguous tensor on the CPU; this one is on "
                    + tensor.device() + (tensor.isContiguous() ? "" : " and not contiguous; call contiguous() first"));
        }
        return hold(tensor, arena);
    }

    @SuppressWarnings("restricted")
    private static MemorySegment hold(Tensor tensor, Arena arena) {
        MemorySegment out = ThreadContext.current().longs(1);
        long held = GradusTorch.gt_hold_memory(tensor.handle(), out);
        Tensor.check(held == 0 ? GradusTorch.GT_ERROR() : 0);
        try {
            long bytes = Getters.numel(held) * DType.ofCode(Getters.dtype(held)).byteSize();
            return MemorySegment.ofAddress(out.get(JAVA_LONG, 0))
                    .reinterpret(bytes, arena, memory -> GradusTorch.gt_free(held));
        } catch (Throwable e) {
            GradusTorch.gt_free(held);
            throw e;
        }
    }

    // --------------------------------------------------------------------- checks

    /**
     * The bytes that a tensor takes.
     *
     * @throws TorchException if a size is negative, or all together are more than can be counted
     */
    static long bytes(DType dtype, long... shape) {
        long bytes = dtype.byteSize();
        boolean empty = false;
        for (long size : shape) {
            if (size < 0) {
                throw new TorchException(
                        "a tensor can't have the negative size " + size + ": its shape is " + Arrays.toString(shape));
            }
            empty |= size == 0;
        }
        if (empty) {
            return 0;
        }
        for (long size : shape) {
            if (Math.multiplyHigh(bytes, size) != 0 || bytes * size < 0) {
                throw new TorchException(
                        "a tensor of shape " + Arrays.toString(shape) + " has more bytes than can be counted");
            }
            bytes *= size;
        }
        return bytes;
    }

    private static void checkBytes(long given, DType dtype, long... shape) {
        long needed = bytes(dtype, shape);
        if (given != needed) {
            throw new TorchValueException("the memory has " + given + " bytes, a " + dtype + " tensor of shape "
                    + Arrays.toString(shape) + " needs " + needed);
        }
    }

    /** What memory that is closed, or of another thread, makes a call throw before it is made. */
    private static RuntimeException failed(Throwable e) {
        Tensor.done();
        throw unchecked(e);
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        throw new AssertionError(e);
    }

    /** Truth values as bytes, 1 and 0. */
    static MemorySegment memory(boolean... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return MemorySegment.ofArray(bytes);
    }

    /** Complex numbers as pairs of doubles. */
    static double[] pairs(Complex... values) {
        double[] pairs = new double[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            pairs[2 * i] = values[i].real();
            pairs[2 * i + 1] = values[i].imaginary();
        }
        return pairs;
    }
}
