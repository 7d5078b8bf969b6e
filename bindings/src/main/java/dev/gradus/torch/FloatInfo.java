package dev.gradus.torch;

/**
 * Range and precision of a floating-point type, as {@code torch.finfo} gives them.
 *
 * @param dtype the type; for a complex one asked for, that of its parts
 * @param bits of one number
 * @param eps the distance from 1 to the next larger number
 * @param min the lowest number
 * @param max the largest finite number
 * @param smallestNormal the smallest positive number with all its digits; {@code tiny} in NumPy
 * @param resolution 10 to the power of minus the decimal digits that are sure
 */
public record FloatInfo(
        DType dtype, int bits, double eps, double min, double max, double smallestNormal, double resolution) {

    static FloatInfo of(DType asked) {
        if (!asked.isComplex() && (!asked.isFloatingPoint() || asked.isStorageOnly())) {
            throw new TorchTypeException("floatInfo() of " + asked + ", which is no floating-point type"
                    + (asked.isInteger() ? "; use integerInfo()" : " that computes"));
        }
        return switch (asked.toReal()) {
            case FLOAT64 -> of(DType.FLOAT64, 0x1p-52, Double.MAX_VALUE, Double.MIN_NORMAL, 1e-15);
            case FLOAT32 -> of(DType.FLOAT32, 0x1p-23, Float.MAX_VALUE, Float.MIN_NORMAL, 1e-6);
            case FLOAT16 -> of(DType.FLOAT16, 0x1p-10, 0x1.ffcp15, 0x1p-14, 1e-3);
            case BFLOAT16 -> of(DType.BFLOAT16, 0x1p-7, 0x1.fep127, 0x1p-126, 1e-2);
            case FLOAT8_E4M3FN -> of(DType.FLOAT8_E4M3FN, 0x1p-3, 448, 0x1p-6, 1);
            case FLOAT8_E5M2 -> of(DType.FLOAT8_E5M2, 0x1p-2, 57344, 0x1p-14, 1);
            case FLOAT8_E4M3FNUZ -> of(DType.FLOAT8_E4M3FNUZ, 0x1p-3, 240, 0x1p-7, 1);
            // By its definition eps would be 0x1p-2; this is libtorch's.
            case FLOAT8_E5M2FNUZ -> of(DType.FLOAT8_E5M2FNUZ, 0x1p-3, 57344, 0x1p-15, 1);
            case FLOAT8_E8M0FNU -> new FloatInfo(DType.FLOAT8_E8M0FNU, 8, 1, 0x1p-127, 0x1p127, 0x1p-127, 1);
            default -> throw new AssertionError(asked);
        };
    }

    private static FloatInfo of(DType dtype, double eps, double max, double smallestNormal, double resolution) {
        return new FloatInfo(dtype, 8 * dtype.byteSize(), eps, -max, max, smallestNormal, resolution);
    }
}
