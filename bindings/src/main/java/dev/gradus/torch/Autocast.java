package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * Mixed precision: inside of it, libtorch runs each operator in the precision that suits it - matrix products and
 * convolutions in the lower one, sums and norms in float32 - and casts what goes in.
 */
public final class Autocast {

    private Autocast() {}

    /**
     * Until the guard is closed, operators of this thread on this kind of device run in mixed precision.
     *
     * @param dtype the lower precision, {@link DType#BFLOAT16} or {@link DType#FLOAT16}; {@link DType#FLOAT32}
     *     switches mixed precision off
     */
    public static Guard open(Device.Type device, DType dtype) {
        if (dtype != DType.BFLOAT16 && dtype != DType.FLOAT16 && dtype != DType.FLOAT32) {
            throw new TorchValueException("autocast to " + dtype + "; it must be bfloat16, float16, or float32 (off)");
        }
        NativeLibrary.require();
        boolean enabled = dtype != DType.FLOAT32;
        long before = GradusTorch.gt_autocast_enter(
                device.code(), enabled ? 1 : 0, (enabled ? dtype : DType.BFLOAT16).code());
        if (before < 0) {
            throw ThreadContext.current().failure();
        }
        return new Guard(() -> Tensor.check(GradusTorch.gt_autocast_exit(device.code(), before)));
    }
}
