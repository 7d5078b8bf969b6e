package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * Queries that neither block nor call back, called without the transition that an ordinary call makes: the header
 * promises it of just these. The shape is mostly read without any call, see {@link ShapeFields}.
 */
final class Getters {

    private static final MethodHandle DIM = critical(GradusTorch.gt_dim$address(), GradusTorch.gt_dim$descriptor());
    private static final MethodHandle NUMEL =
            critical(GradusTorch.gt_numel$address(), GradusTorch.gt_numel$descriptor());
    private static final MethodHandle DTYPE =
            critical(GradusTorch.gt_dtype$address(), GradusTorch.gt_dtype$descriptor());
    private static final MethodHandle DEVICE_TYPE =
            critical(GradusTorch.gt_device_type$address(), GradusTorch.gt_device_type$descriptor());
    private static final MethodHandle DEVICE_INDEX =
            critical(GradusTorch.gt_device_index$address(), GradusTorch.gt_device_index$descriptor());
    private static final MethodHandle REQUIRES_GRAD =
            critical(GradusTorch.gt_requires_grad$address(), GradusTorch.gt_requires_grad$descriptor());
    private static final MethodHandle IS_LEAF =
            critical(GradusTorch.gt_is_leaf$address(), GradusTorch.gt_is_leaf$descriptor());
    private static final MethodHandle SIZES =
            critical(GradusTorch.gt_sizes$address(), GradusTorch.gt_sizes$descriptor());
    private static final MethodHandle STRIDES =
            critical(GradusTorch.gt_strides$address(), GradusTorch.gt_strides$descriptor());

    private Getters() {}

    @SuppressWarnings("restricted")
    private static MethodHandle critical(MemorySegment address, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(address, descriptor, Linker.Option.critical(false));
    }

    static int dim(long handle) {
        return ShapeFields.isPlain(handle) ? ShapeFields.dim(handle) : (int) known(number(DIM, handle));
    }

    static long numel(long handle) {
        return ShapeFields.isPlain(handle) ? ShapeFields.numel(handle) : known(number(NUMEL, handle));
    }

    /** The size of a dimension in [0, dim). */
    static long size(long handle, int dim, int index) {
        return ShapeFields.isPlain(handle)
                ? ShapeFields.size(ShapeFields.sizes(handle, dim), index)
                : sizes(handle)[index];
    }

    private static long known(long answer) {
        if (answer < 0) {
            throw ThreadContext.current().failure();
        }
        return answer;
    }

    static int dtype(long handle) {
        return code(DTYPE, handle);
    }

    static int deviceType(long handle) {
        return code(DEVICE_TYPE, handle);
    }

    static int deviceIndex(long handle) {
        return code(DEVICE_INDEX, handle);
    }

    static boolean requiresGrad(long handle) {
        return code(REQUIRES_GRAD, handle) != 0;
    }

    static boolean isLeaf(long handle) {
        return code(IS_LEAF, handle) != 0;
    }

    static long[] sizes(long handle) {
        return ShapeFields.isPlain(handle) ? ShapeFields.shape(handle) : list(SIZES, handle);
    }

    static long[] strides(long handle) {
        return list(STRIDES, handle);
    }

    /** Shape, dtype and device in words. */
    static String describe(long handle) {
        String shape =
                ShapeFields.isPlain(handle) ? "shape " + Arrays.toString(sizes(handle)) : dim(handle) + " dimensions";
        return "tensor of " + shape + ", " + DType.ofCode(dtype(handle)) + ", on "
                + Device.of(deviceType(handle), deviceIndex(handle));
    }

    private static long number(MethodHandle getter, long handle) {
        try {
            return (long) getter.invokeExact(handle);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static int code(MethodHandle getter, long handle) {
        try {
            return (int) getter.invokeExact(handle);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static long[] list(MethodHandle getter, long handle) {
        int dim = dim(handle);
        MemorySegment memory = ThreadContext.current().longs(dim);
        int status;
        try {
            status = (int) getter.invokeExact(handle, memory);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (status != 0) {
            throw ThreadContext.current().failure();
        }
        long[] list = new long[dim];
        for (int i = 0; i < dim; i++) {
            list[i] = memory.getAtIndex(JAVA_LONG, i);
        }
        return list;
    }
}
