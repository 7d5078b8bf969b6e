package dev.gradus.torch;

import java.util.Objects;

/**
 * What a new tensor is made of. Immutable; the methods with a parameter return a changed copy.
 *
 * @param dtype the type of its elements
 * @param device where it lives
 * @param requiresGrad whether gradients are to be computed for it
 */
public record TensorOptions(DType dtype, Device device, boolean requiresGrad) {

    private static volatile TensorOptions defaults = new TensorOptions(DType.FLOAT32, Device.cpu(), false);
    static final TensorOptions INT64 = new TensorOptions(DType.INT64, Device.cpu(), false);

    /** Checks that nothing is null. */
    public TensorOptions {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(device, "device");
    }

    /** The default dtype, float32 unless {@link Torch#setDefaultDtype} changed it, on the CPU, no gradient. */
    public static TensorOptions defaults() {
        return defaults;
    }

    static void setDefaultDtype(DType dtype) {
        defaults = defaults.dtype(dtype);
    }

    /** Of this type on the CPU, no gradient. */
    public static TensorOptions of(DType dtype) {
        return defaults.dtype(dtype);
    }

    /** The default dtype on this device, no gradient. */
    public static TensorOptions of(Device device) {
        return defaults.device(device);
    }

    /** With another element type. */
    public TensorOptions dtype(DType newDtype) {
        return new TensorOptions(newDtype, device, requiresGrad);
    }

    /** On another device. */
    public TensorOptions device(Device newDevice) {
        return new TensorOptions(dtype, newDevice, requiresGrad);
    }

    /** With or without gradients. */
    public TensorOptions requiresGrad(boolean newRequiresGrad) {
        return new TensorOptions(dtype, device, newRequiresGrad);
    }

    /** Gives a new tensor what the boxed call of its factory could not. */
    Tensor applyTo(Tensor made) {
        return requiresGrad ? made.requiresGrad_(true) : made;
    }
}
