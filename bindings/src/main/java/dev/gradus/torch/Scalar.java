package dev.gradus.torch;

/** How the C ABI takes a number: its kind, and 64 bits. */
final class Scalar {

    /** gt_scalar_kind: the bits are the integer. */
    static final int INT64 = 0;
    /** gt_scalar_kind: the bits are those of a double. */
    static final int DOUBLE = 1;

    private Scalar() {}

    static long bits(double value) {
        return Double.doubleToRawLongBits(value);
    }
}
