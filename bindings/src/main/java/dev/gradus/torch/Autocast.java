package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.List;
import java.util.stream.Stream;

/**
 * Mixed precision: inside of it, libtorch runs each operator in the precision that suits it - matrix products and
 * convolutions in the lower one, sums and norms in float32 - and casts what goes in. Run forward and loss inside of it,
 * and backward outside: it uses the precisions of forward. For float16 see also {@link GradScaler}.
 */
public final class Autocast {

    private Autocast() {}

    /**
     * Until the guard is closed, operators of this thread on this kind of device run in mixed precision. Casts of
     * weights are kept until the outermost guard is closed.
     *
     * @param dtype the lower precision, {@link DType#BFLOAT16} or {@link DType#FLOAT16}; {@link DType#FLOAT32}
     *     switches mixed precision off
     */
    public static Guard open(Device.Type device, DType dtype) {
        return open(device, dtype, isCacheEnabled());
    }

    /**
     * As {@link #open(Device.Type, DType)}.
     *
     * @param cache whether casts of weights that require gradients are kept until the outermost guard is closed; not
     *     to be used where weights change inside
     */
    public static Guard open(Device.Type device, DType dtype, boolean cache) {
        if (dtype != DType.BFLOAT16 && dtype != DType.FLOAT16 && dtype != DType.FLOAT32) {
            throw new TorchValueException("autocast to " + dtype + "; it must be bfloat16, float16, or float32 (off)");
        }
        boolean enabled = dtype != DType.FLOAT32;
        return Guard.open(
                () -> enter(device, enabled, enabled ? dtype : DType.BFLOAT16, cache), before -> exit(device, before));
    }

    private static final long CACHE = 1L << 40;

    private static long enter(Device.Type device, boolean enabled, DType dtype, boolean cache) {
        long before = GradusTorch.gt_autocast_enter(device.code(), enabled ? 1 : 0, dtype.code());
        if (before < 0) {
            throw ThreadContext.current().failure();
        }
        boolean cached = GradusTorch.gt_set_autocast_cache_enabled(cache ? 1 : 0) != 0;
        return cached ? before | CACHE : before;
    }

    private static void exit(Device.Type device, long before) {
        GradusTorch.gt_set_autocast_cache_enabled((before & CACHE) != 0 ? 1 : 0);
        Tensor.check(GradusTorch.gt_autocast_exit(device.code(), before & ~CACHE));
    }

    /** Whether operators of this thread on this kind of device run in mixed precision. */
    public static boolean isEnabled(Device.Type device) {
        NativeLibrary.require();
        return GradusTorch.gt_autocast_enabled(device.code()) != 0;
    }

    /** The lower precision that this kind of device uses in mixed precision, on or off. */
    public static DType dtype(Device.Type device) {
        NativeLibrary.require();
        int code = GradusTorch.gt_autocast_dtype(device.code());
        if (code < 0) {
            throw ThreadContext.current().failure();
        }
        return DType.ofCode(code);
    }

    /** Whether casts of weights are kept until the outermost guard is closed. */
    public static boolean isCacheEnabled() {
        NativeLibrary.require();
        return GradusTorch.gt_autocast_cache_enabled() != 0;
    }

    /** The modes of this thread. */
    static List<Mode> modes() {
        return Stream.of(Device.Type.CPU, Device.Type.CUDA)
                .filter(type -> type == Device.Type.CPU || Torch.hasCuda())
                .map(type -> new Mode(type, isEnabled(type), dtype(type), isCacheEnabled()))
                .toList();
    }

    /** A mode to be opened again. */
    record Mode(Device.Type device, boolean enabled, DType dtype, boolean cache) {
        Guard open() {
            return Guard.openInAnyThread(() -> enter(device, enabled, dtype, cache), before -> exit(device, before));
        }
    }
}
