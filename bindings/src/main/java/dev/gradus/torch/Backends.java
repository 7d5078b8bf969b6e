package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * Switches of libtorch's backends, for the whole process. They can be read and set without CUDA, too, where most have
 * no effect.
 */
public enum Backends {
    /** float32 matrix products in cuBLAS may run in TF32, with 10 bits of mantissa. */
    TF32_MATMUL(GradusTorch.GT_TF32_MATMUL()),
    /** float32 convolutions in cuDNN may run in TF32. */
    TF32_CUDNN(GradusTorch.GT_TF32_CUDNN()),
    /** cuDNN is used at all. */
    CUDNN(GradusTorch.GT_CUDNN_ENABLED()),
    /** cuDNN measures which algorithm is the fastest for each new shape. */
    CUDNN_BENCHMARK(GradusTorch.GT_CUDNN_BENCHMARK()),
    /** cuDNN uses deterministic algorithms only. */
    CUDNN_DETERMINISTIC(GradusTorch.GT_CUDNN_DETERMINISTIC()),
    /** Operators that have no deterministic algorithm throw. */
    DETERMINISTIC(GradusTorch.GT_DETERMINISTIC()),
    /** With {@link #DETERMINISTIC}: they warn instead. */
    DETERMINISTIC_WARN_ONLY(GradusTorch.GT_DETERMINISTIC_WARN_ONLY()),
    /** Attention may use the FlashAttention kernels. */
    SDP_FLASH(GradusTorch.GT_SDP_FLASH()),
    /** Attention may use the memory-efficient kernels. */
    SDP_MEM_EFFICIENT(GradusTorch.GT_SDP_MEM_EFFICIENT()),
    /** Attention may be computed step by step. */
    SDP_MATH(GradusTorch.GT_SDP_MATH()),
    /** Attention may use cuDNN. */
    SDP_CUDNN(GradusTorch.GT_SDP_CUDNN()),
    /** oneDNN is used on the CPU. */
    ONEDNN(GradusTorch.GT_MKLDNN_ENABLED());

    /** How exact float32 matrix products are. */
    public enum MatmulPrecision {
        /** float32 throughout. */
        HIGHEST,
        /** TF32, or as good, where the device has it. */
        HIGH,
        /** bfloat16 inside, where the device has it. */
        MEDIUM
    }

    private final int code;

    Backends(int code) {
        this.code = code;
    }

    /** Whether it is on. */
    public boolean isOn() {
        int on = GradusTorch.gt_get_switch(code);
        if (on < 0) {
            throw TorchException.last();
        }
        return on == 1;
    }

    /** Switches it on or off. */
    public void set(boolean on) {
        Tensor.check(GradusTorch.gt_set_switch(code, on ? 1 : 0));
    }

    /** Switches it on or off until the guard is closed; it is a switch of the process, not of the thread. */
    public Guard setting(boolean on) {
        boolean before = isOn();
        set(on);
        return new Guard(() -> set(before));
    }

    /** How exact float32 matrix products are. */
    public static MatmulPrecision matmulPrecision() {
        NativeLibrary.require();
        int precision = GradusTorch.gt_matmul_precision();
        if (precision < 0) {
            throw TorchException.last();
        }
        return MatmulPrecision.values()[precision];
    }

    /** Sets how exact float32 matrix products are; it changes {@link #TF32_MATMUL}, too. */
    public static void setMatmulPrecision(MatmulPrecision precision) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_set_matmul_precision(precision.ordinal()));
    }
}
