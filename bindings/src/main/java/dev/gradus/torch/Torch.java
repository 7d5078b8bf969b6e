package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * Makes tensors, and what works on several of them. Names and argument order are PyTorch's; where options are given
 * they come first, because shapes are variable-length. Without options tensors are of the default dtype, float32, on the CPU.
 *
 * <p>Sizes may not be negative; a tensor too large for the memory is a {@link TorchOutOfMemoryException}.
 */
public final class Torch extends TorchFunctions {

    private Torch() {}

    // ------------------------------------------------------------------------ factories

    /** Integers spread evenly over [low, high), as INT64 on the generator's device. */
    public static Tensor randint(long low, long high, Generator generator, long... shape) {
        Device device = generator == null ? Device.cpu() : generator.device();
        return Tensor.result(GradusTorch.gt_randint(
                low,
                high,
                ThreadContext.current().list(shape),
                shape.length,
                Generator.handleOrZero(generator),
                DType.INT64.code(),
                device.type().code(),
                device.index(),
                0));
    }

    /** The integers below n in random order, as INT64 on the generator's device. */
    public static Tensor randperm(long n, Generator generator) {
        NativeLibrary.require();
        Device device = generator == null ? Device.cpu() : generator.device();
        return Tensor.result(GradusTorch.gt_randperm(
                n,
                Generator.handleOrZero(generator),
                DType.INT64.code(),
                device.type().code(),
                device.index(),
                0));
    }

    /** Numbers of the standard normal distribution, in the shape, dtype and layout of a tensor. */
    public static Tensor randnLike(Tensor like, Generator generator) {
        return Tensor.result(GradusTorch.gt_randn_like(like.handle(), Generator.handleOrZero(generator)));
    }

    /** The integers in [0, end), as INT64. */
    public static Tensor arange(long end) {
        return arange(0, end, 1);
    }

    /** The integers start, start + step, ... before end, as INT64. */
    public static Tensor arange(long start, long end, long step) {
        return arange(TensorOptions.INT64, Scalar.INT64, start, end, step);
    }

    /** The numbers start, start + step, ... before end. */
    public static Tensor arange(TensorOptions options, double start, double end, double step) {
        return arange(options, Scalar.DOUBLE, Scalar.bits(start), Scalar.bits(end), Scalar.bits(step));
    }

    private static Tensor arange(TensorOptions options, int kind, long start, long end, long step) {
        NativeLibrary.require();
        return Tensor.result(GradusTorch.gt_arange(
                kind,
                start,
                kind,
                end,
                kind,
                step,
                options.dtype().code(),
                options.device().type().code(),
                options.device().index(),
                options.requiresGrad() ? 1 : 0));
    }

    // ------------------------------------------------------------------ several tensors

    // ---------------------------------------------------------------------- the library

    /** Seeds the default generators of the CPU and of all CUDA devices. */
    public static void manualSeed(long seed) {
        NativeLibrary.require();
        int cudaDevices = GradusTorch.gt_cuda_device_count();
        for (int i = -1; i < cudaDevices; i++) {
            try (Generator generator = Generator.defaultOf(i < 0 ? Device.cpu() : Device.cuda(i))) {
                generator.manualSeed(seed);
            }
        }
    }

    /** The threads that one operator may use. */
    public static int getNumThreads() {
        NativeLibrary.require();
        return GradusTorch.gt_num_threads();
    }

    /**
     * Limits host memory: a tensor that needs more bytes than this is refused with {@link TorchOutOfMemoryException}.
     * Without a limit, what the machine or the control group of the process has left is the limit, since a system
     * that promises more kills the process when it is used.
     *
     * @param bytes for one tensor; 0 for no limit
     * @throws TorchValueException if it is negative
     */
    public static void setAllocationLimit(long bytes) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_allocation_limit(bytes));
    }

    /**
     * Sets the threads that one operator may use.
     *
     * @throws TorchValueException if it is below 1
     */
    public static void setNumThreads(int threads) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_num_threads(threads));
    }

    /** The threads that run operators side by side, in TorchScript's {@code fork} for example. */
    public static int getNumInteropThreads() {
        NativeLibrary.require();
        return GradusTorch.gt_num_interop_threads();
    }

    /**
     * Sets the threads that run operators side by side. Can be set once, before they are first used.
     *
     * @throws TorchValueException if it is below 1
     * @throws TorchException if they were set or used before
     */
    public static void setNumInteropThreads(int threads) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_num_interop_threads(threads));
    }

    /** The version of libtorch, such as {@code 2.13.0}. */
    public static String version() {
        return NativeLibrary.info().libtorchVersion();
    }

    /** How libtorch describes its own build, in several lines. */
    public static String buildConfig() {
        NativeLibrary.require();
        return Strings.of(GradusTorch.gt_build_config());
    }

    /** What was loaded, and how it was built. */
    public static BuildInfo buildInfo() {
        return BuildInfo.read();
    }

    /** The SIMD level of libtorch's kernels on this CPU: {@code DEFAULT}, {@code AVX2}, {@code AVX512}, ... */
    public static String cpuCapability() {
        NativeLibrary.require();
        return Strings.of(GradusTorch.gt_cpu_capability());
    }

    /**
     * Whether this CPU has instructions for bfloat16 (AVX-512 BF16, AMX). Without them, a matrix product or convolution in bfloat16
     * takes several times as long as in float32.
     */
    public static boolean cpuHasBfloat16() {
        NativeLibrary.require();
        return GradusTorch.gt_cpu_has_bfloat16() != 0;
    }

    /** Whether the shim was built with CUDA. */
    public static boolean hasCuda() {
        return NativeLibrary.info().cuda();
    }

    /** Whether there is a CUDA device that can be used. */
    public static boolean cudaIsAvailable() {
        return cudaDeviceCount() > 0;
    }

    /** The number of CUDA devices that can be used. */
    public static int cudaDeviceCount() {
        NativeLibrary.require();
        return GradusTorch.gt_cuda_device_count();
    }

    /** Tensors and generators that have been made and not freed yet, in all threads. */
    public static long liveHandles() {
        NativeLibrary.require();
        return GradusTorch.gt_live_handles();
    }

    /**
     * Lets the process keep memory that tensors free instead of returning it to the system. A training step uses the
     * same blocks again and again, and taking fresh ones each time costs several percent of it. Cannot be undone.
     *
     * @return whether the C library could
     */
    public static boolean retainFreedMemory() {
        NativeLibrary.require();
        return GradusTorch.gt_retain_freed_memory() != 0;
    }

    /**
     * Treats denormal floats as zero on this thread; operations on them are many times slower.
     *
     * @return whether the CPU can
     */
    public static boolean setFlushDenormal(boolean on) {
        NativeLibrary.require();
        return GradusTorch.gt_set_flush_denormal(on ? 1 : 0) != 0;
    }

    /** Whether only deterministic algorithms may be used; operators that have none throw. */
    public static void setDeterministic(boolean on) {
        NativeLibrary.require();
        Backends.DETERMINISTIC.set(on);
        Backends.CUDNN_DETERMINISTIC.set(on);
    }
}
