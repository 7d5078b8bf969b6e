package dev.gradus.torch;

/** Element types of tensors, under PyTorch's names. */
public enum DType {
    /** 32-bit floating point. */
    FLOAT32(6, 4),
    /** 64-bit floating point. */
    FLOAT64(7, 8),
    /** 16-bit floating point of IEEE 754: 5 bits of exponent, 10 of mantissa. */
    FLOAT16(5, 2),
    /** The upper half of a float32: 8 bits of exponent, 7 of mantissa. */
    BFLOAT16(15, 2),
    /** 64-bit signed integer. */
    INT64(4, 8),
    /** 32-bit signed integer. */
    INT32(3, 4),
    /** 16-bit signed integer. */
    INT16(2, 2),
    /** 8-bit signed integer. */
    INT8(1, 1),
    /** 8-bit unsigned integer. */
    UINT8(0, 1),
    /** 16-bit unsigned integer; libtorch has few operators for it. */
    UINT16(27, 2),
    /** 32-bit unsigned integer; libtorch has few operators for it. */
    UINT32(28, 4),
    /** 64-bit unsigned integer; libtorch has few operators for it. */
    UINT64(29, 8),
    /** Truth value, one byte. */
    BOOL(11, 1),
    /** Complex number of two float16. */
    COMPLEX32(8, 4),
    /** Complex number of two float32. */
    COMPLEX64(9, 8),
    /** Complex number of two float64. */
    COMPLEX128(10, 16),
    /** 8-bit floating point with 4 bits of exponent, finite only. */
    FLOAT8_E4M3FN(24, 1),
    /** 8-bit floating point with 5 bits of exponent. */
    FLOAT8_E5M2(23, 1),
    /** 8-bit floating point with 4 bits of exponent, finite only, no negative zero. */
    FLOAT8_E4M3FNUZ(26, 1),
    /** 8-bit floating point with 5 bits of exponent, finite only, no negative zero. */
    FLOAT8_E5M2FNUZ(25, 1),
    /** 8-bit power of two. */
    FLOAT8_E8M0FNU(44, 1);

    private static final DType[] BY_CODE = new DType[64];

    static {
        for (DType dtype : values()) {
            BY_CODE[dtype.code] = dtype;
        }
    }

    private final int code;
    private final int byteSize;

    DType(int code, int byteSize) {
        this.code = code;
        this.byteSize = byteSize;
    }

    /** The number of c10::ScalarType. */
    int code() {
        return code;
    }

    static DType ofCode(int code) {
        DType dtype = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        if (dtype == null) {
            throw new TorchTypeException("the tensor has the dtype with libtorch's code " + code
                    + ", which Gradus has no name for; convert it with to(DType) first");
        }
        return dtype;
    }

    /** Bytes of one element. */
    public int byteSize() {
        return byteSize;
    }

    /** Whether elements are real floating-point numbers. */
    public boolean isFloatingPoint() {
        return switch (this) {
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
            case FLOAT8_E4M3FN, FLOAT8_E5M2, FLOAT8_E4M3FNUZ, FLOAT8_E5M2FNUZ, FLOAT8_E8M0FNU -> true;
            default -> false;
        };
    }

    /** PyTorch's name, such as {@code float32}. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
