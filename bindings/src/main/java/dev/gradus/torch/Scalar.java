package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** How the C ABI takes a number: its kind, and 64 bits. */
final class Scalar {

    /** The bits are the integer. */
    static final int INT64 = GradusTorch.GT_INT64();
    /** The bits are those of a double. */
    static final int DOUBLE = GradusTorch.GT_DOUBLE();

    private Scalar() {}

    static long bits(double value) {
        return Double.doubleToRawLongBits(value);
    }
}
