package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * CUDA devices. Where the shim was built without CUDA, everything here but the switches is a
 * {@link TorchNotImplementedException} that says so.
 */
public final class Cuda {

    private Cuda() {}

    /**
     * Memory of a device, in bytes.
     *
     * @param allocated held by tensors
     * @param peak the most that tensors held since the start or {@link #resetPeakMemory}
     * @param reserved held by libtorch's allocator
     * @param free not held by any process
     * @param total of the device
     */
    public record Memory(long allocated, long peak, long reserved, long free, long total) {}

    /** Waits until the device has done all it was given. */
    public static void synchronize(int device) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_synchronize(device));
    }

    /** The name of a device, such as {@code NVIDIA H100 80GB HBM3}. */
    public static String deviceName(int device) {
        NativeLibrary.require();
        String name = Strings.of(GradusTorch.gt_cuda_device_name(device));
        if (name == null) {
            throw ThreadContext.current().failure();
        }
        return name;
    }

    /** How the memory of a device is used. */
    public static Memory memory(int device) {
        NativeLibrary.require();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG, 5);
            int status = GradusTorch.gt_cuda_memory(
                    device, out, out.asSlice(8), out.asSlice(16), out.asSlice(24), out.asSlice(32));
            Tensor.check(status);
            long[] bytes = out.toArray(ValueLayout.JAVA_LONG);
            return new Memory(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
        }
    }

    /** Starts to measure {@link Memory#peak} anew. */
    public static void resetPeakMemory(int device) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_reset_peak_memory(device));
    }

    /** Returns what the allocator holds and no tensor uses to the device. */
    public static void emptyCache() {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_empty_cache());
    }

    /** Whether matrix products and convolutions of float32 may run in TF32, with 10 bits of mantissa. */
    public static void setAllowTf32(boolean on) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_allow_tf32(on ? 1 : 0));
    }

    /** Whether cuDNN measures which algorithm is the fastest for each new shape. */
    public static void setCudnnBenchmark(boolean on) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_cudnn_benchmark(on ? 1 : 0));
    }
}
