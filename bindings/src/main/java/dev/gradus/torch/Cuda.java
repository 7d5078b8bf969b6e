package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;

/**
 * CUDA devices and their memory. Where the shim was built without CUDA, everything here but {@link #isBuilt},
 * {@link #isAvailable} and {@link #deviceCount} is a {@link TorchNotImplementedException} that says so; where it was
 * built with CUDA, but there is no driver or no GPU, a {@link TorchException} that says what is missing. Devices are
 * numbered from 0.
 *
 * @see CudaStream
 * @see CudaEvent
 * @see CudaGraph
 * @see Nvtx
 * @see Backends
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

    /**
     * What a device is.
     *
     * @param name such as {@code NVIDIA H100 80GB HBM3}
     * @param major the first number of its compute capability
     * @param minor the second one
     * @param multiprocessors how many
     * @param totalMemory bytes
     * @param sharedMemory bytes that one block of threads may use
     * @param threadsPerMultiprocessor resident at most
     * @param warpSize threads in a warp
     * @param l2Cache bytes
     */
    public record Properties(
            String name,
            int major,
            int minor,
            int multiprocessors,
            long totalMemory,
            long sharedMemory,
            int threadsPerMultiprocessor,
            int warpSize,
            long l2Cache) {

        /** The compute capability, such as {@code 9.0}. */
        public String computeCapability() {
            return major + "." + minor;
        }
    }

    /**
     * Versions, as CUDA numbers them: 12040 is 12.4.
     *
     * @param runtime of the CUDA runtime that libtorch loaded
     * @param driver the newest CUDA that the driver can run
     * @param cudnn of cuDNN; 0 where there is none
     */
    public record Versions(long runtime, long driver, long cudnn) {}

    /** Whether the shim and its libtorch were built with CUDA. */
    public static boolean isBuilt() {
        return NativeLibrary.info().cuda();
    }

    /** Whether there is a device that can be used. */
    public static boolean isAvailable() {
        return deviceCount() > 0;
    }

    /** The number of devices that can be used; 0 without CUDA, driver or GPU. */
    public static int deviceCount() {
        NativeLibrary.require();
        return GradusTorch.gt_cuda_device_count();
    }

    /**
     * Does nothing if there is a device that can be used.
     *
     * @throws TorchException if there is none; the message says why
     */
    public static void requireAvailable() {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_require());
    }

    /** The name of a device, such as {@code NVIDIA H100 80GB HBM3}. */
    public static String deviceName(int device) {
        NativeLibrary.require();
        String name = Strings.of(GradusTorch.gt_cuda_device_name(device));
        if (name == null) {
            throw TorchException.last();
        }
        return name;
    }

    /** What a device is. */
    public static Properties properties(int device) {
        MemorySegment out = ThreadContext.current().longs(GradusTorch.GT_CUDA_PROPERTY_COUNT());
        Tensor.check(GradusTorch.gt_cuda_properties(device, out));
        return new Properties(
                deviceName(device),
                (int) out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_MAJOR()),
                (int) out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_MINOR()),
                (int) out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_MULTIPROCESSORS()),
                out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_TOTAL_MEMORY()),
                out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_SHARED_MEMORY()),
                (int) out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_THREADS()),
                (int) out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_WARP()),
                out.getAtIndex(JAVA_LONG, GradusTorch.GT_CUDA_L2_CACHE()));
    }

    /** The versions of CUDA and cuDNN. */
    public static Versions versions() {
        MemorySegment out = ThreadContext.current().longs(3);
        Tensor.check(GradusTorch.gt_cuda_versions(out, out.asSlice(8), out.asSlice(16)));
        return new Versions(out.getAtIndex(JAVA_LONG, 0), out.getAtIndex(JAVA_LONG, 1), out.getAtIndex(JAVA_LONG, 2));
    }

    /** The device that {@link Device#cuda()} means in this thread. */
    public static int currentDevice() {
        NativeLibrary.require();
        int device = GradusTorch.gt_cuda_current_device();
        if (device < 0) {
            throw TorchException.last();
        }
        return device;
    }

    /**
     * Until the guard is closed, this device is the current one of this thread.
     *
     * @throws IllegalStateException in a virtual thread
     */
    public static Guard device(int device) {
        Guard.requirePlatformThread();
        int before = currentDevice();
        setDevice(device);
        return new Guard(() -> setDevice(before));
    }

    /** Makes this device the current one of this thread. */
    public static void setDevice(int device) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_set_device(device));
    }

    /** Waits until the device has done all it was given. */
    public static void synchronize(int device) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_synchronize(device));
    }

    /** How the memory of a device is used. */
    public static Memory memory(int device) {
        MemorySegment out = ThreadContext.current().longs(5);
        Tensor.check(GradusTorch.gt_cuda_memory(
                device, out, out.asSlice(8), out.asSlice(16), out.asSlice(24), out.asSlice(32)));
        long[] bytes = out.asSlice(0, 40).toArray(JAVA_LONG);
        return new Memory(bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
    }

    /** What libtorch's allocator has done on a device; {@link CudaMemoryStats#toString} is a table of it. */
    public static CudaMemoryStats memoryStats(int device) {
        MemorySegment out = ThreadContext.current().longs(CudaMemoryStats.NUMBERS);
        Tensor.check(GradusTorch.gt_cuda_memory_stats(device, out));
        return CudaMemoryStats.of(device, out);
    }

    /** Starts to measure the peaks of {@link #memory} and {@link #memoryStats} anew. */
    public static void resetPeakMemory(int device) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_reset_peak_memory(device));
    }

    /**
     * Bounds what libtorch's allocator may take of a device's memory in this process; more is a
     * {@link TorchOutOfMemoryException}.
     *
     * @param fraction of the device's memory, in (0, 1]
     * @throws TorchValueException if it is out of that range
     */
    public static void setMemoryFraction(int device, double fraction) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_set_memory_fraction(device, fraction));
    }

    /** Returns what the allocator holds and no tensor uses to the device. */
    public static void emptyCache() {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_cuda_empty_cache());
    }

    /** Whether matrix products and convolutions of float32 may run in TF32, with 10 bits of mantissa. */
    public static void setAllowTf32(boolean on) {
        Backends.TF32_MATMUL.set(on);
        Backends.TF32_CUDNN.set(on);
    }

    /** Whether cuDNN measures which algorithm is the fastest for each new shape. */
    public static void setCudnnBenchmark(boolean on) {
        Backends.CUDNN_BENCHMARK.set(on);
    }
}
