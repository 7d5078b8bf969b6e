package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Element types of tensors, under PyTorch's names; all that libtorch has.
 *
 * <p>Those from {@link #QINT8} on are for storage: libtorch keeps, copies and frees such tensors but computes with few
 * of them. Quantized ones are made by {@code aten::quantize_per_tensor} and its like, and read by
 * {@code aten::dequantize}.
 */
public enum DType {
    /** 32-bit floating point. */
    FLOAT32(6, 4, Kind.FLOAT),
    /** 64-bit floating point. */
    FLOAT64(7, 8, Kind.FLOAT),
    /** 16-bit floating point of IEEE 754: 5 bits of exponent, 10 of mantissa. */
    FLOAT16(5, 2, Kind.FLOAT),
    /** The upper half of a float32: 8 bits of exponent, 7 of mantissa. */
    BFLOAT16(15, 2, Kind.FLOAT),
    /** 64-bit signed integer. */
    INT64(4, 8, Kind.SIGNED),
    /** 32-bit signed integer. */
    INT32(3, 4, Kind.SIGNED),
    /** 16-bit signed integer. */
    INT16(2, 2, Kind.SIGNED),
    /** 8-bit signed integer. */
    INT8(1, 1, Kind.SIGNED),
    /** 8-bit unsigned integer. */
    UINT8(0, 1, Kind.UNSIGNED),
    /** 16-bit unsigned integer; libtorch has few operators for it. */
    UINT16(27, 2, Kind.UNSIGNED),
    /** 32-bit unsigned integer; libtorch has few operators for it. */
    UINT32(28, 4, Kind.UNSIGNED),
    /** 64-bit unsigned integer; libtorch has few operators for it. */
    UINT64(29, 8, Kind.UNSIGNED),
    /** Truth value, one byte. */
    BOOL(11, 1, Kind.BOOL),
    /** Complex number of two float16. */
    COMPLEX32(8, 4, Kind.COMPLEX),
    /** Complex number of two float32. */
    COMPLEX64(9, 8, Kind.COMPLEX),
    /** Complex number of two float64. */
    COMPLEX128(10, 16, Kind.COMPLEX),
    /** 8-bit floating point with 4 bits of exponent, finite only. */
    FLOAT8_E4M3FN(24, 1, Kind.FLOAT),
    /** 8-bit floating point with 5 bits of exponent. */
    FLOAT8_E5M2(23, 1, Kind.FLOAT),
    /** 8-bit floating point with 4 bits of exponent, finite only, no negative zero. */
    FLOAT8_E4M3FNUZ(26, 1, Kind.FLOAT),
    /** 8-bit floating point with 5 bits of exponent, finite only, no negative zero. */
    FLOAT8_E5M2FNUZ(25, 1, Kind.FLOAT),
    /** 8-bit power of two. */
    FLOAT8_E8M0FNU(44, 1, Kind.FLOAT),

    /** Quantized: 8-bit signed integer with a scale. */
    QINT8(12, 1, Kind.STORED),
    /** Quantized: 8-bit unsigned integer with a scale and a zero point. */
    QUINT8(13, 1, Kind.STORED),
    /** Quantized: 32-bit signed integer with a scale. */
    QINT32(14, 4, Kind.STORED),
    /** Quantized: two 4-bit unsigned integers in a byte. */
    QUINT4X2(16, 1, Kind.STORED),
    /** Quantized: four 2-bit unsigned integers in a byte. */
    QUINT2X4(17, 1, Kind.STORED),
    /** Eight times one bit, without a meaning. */
    BITS1X8(18, 1, Kind.STORED),
    /** Four times two bits, without a meaning. */
    BITS2X4(19, 1, Kind.STORED),
    /** Two times four bits, without a meaning. */
    BITS4X2(20, 1, Kind.STORED),
    /** Eight bits, without a meaning. */
    BITS8(21, 1, Kind.STORED),
    /** Sixteen bits, without a meaning. */
    BITS16(22, 2, Kind.STORED),
    /** 1-bit unsigned integer in a byte. */
    UINT1(30, 1, Kind.STORED),
    /** 2-bit unsigned integer in a byte. */
    UINT2(31, 1, Kind.STORED),
    /** 3-bit unsigned integer in a byte. */
    UINT3(32, 1, Kind.STORED),
    /** 4-bit unsigned integer in a byte. */
    UINT4(33, 1, Kind.STORED),
    /** 5-bit unsigned integer in a byte. */
    UINT5(34, 1, Kind.STORED),
    /** 6-bit unsigned integer in a byte. */
    UINT6(35, 1, Kind.STORED),
    /** 7-bit unsigned integer in a byte. */
    UINT7(36, 1, Kind.STORED),
    /** 1-bit signed integer in a byte. */
    INT1(37, 1, Kind.STORED),
    /** 2-bit signed integer in a byte. */
    INT2(38, 1, Kind.STORED),
    /** 3-bit signed integer in a byte. */
    INT3(39, 1, Kind.STORED),
    /** 4-bit signed integer in a byte. */
    INT4(40, 1, Kind.STORED),
    /** 5-bit signed integer in a byte. */
    INT5(41, 1, Kind.STORED),
    /** 6-bit signed integer in a byte. */
    INT6(42, 1, Kind.STORED),
    /** 7-bit signed integer in a byte. */
    INT7(43, 1, Kind.STORED),
    /** Two 4-bit floating-point numbers, of 2 bits of exponent each, in a byte. Since libtorch 2.8. */
    FLOAT4_E2M1FN_X2(45, 1, Kind.STORED);

    private enum Kind {
        FLOAT,
        COMPLEX,
        SIGNED,
        UNSIGNED,
        BOOL,
        STORED
    }

    private static final DType[] BY_CODE = new DType[64];

    static {
        for (DType dtype : values()) {
            BY_CODE[dtype.code] = dtype;
        }
    }

    private final int code;
    private final int byteSize;
    private final Kind kind;

    DType(int code, int byteSize, Kind kind) {
        this.code = code;
        this.byteSize = byteSize;
        this.kind = kind;
    }

    /** The number of c10::ScalarType. */
    int code() {
        return code;
    }

    static DType ofCode(int code) {
        DType dtype = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        if (dtype == null) {
            throw new TorchTypeException("the tensor has the dtype with libtorch's code " + code
                    + ", which is newer than this library; it knows "
                    + Arrays.stream(values()).map(DType::toString).collect(Collectors.joining(", ")));
        }
        return dtype;
    }

    /** Bytes of one element. */
    public int byteSize() {
        return byteSize;
    }

    /** Whether elements are real floating-point numbers. */
    public boolean isFloatingPoint() {
        return kind == Kind.FLOAT || this == FLOAT4_E2M1FN_X2;
    }

    /** Whether elements are complex numbers. */
    public boolean isComplex() {
        return kind == Kind.COMPLEX;
    }

    /** Whether elements are whole numbers of 8 bits or more; truth values are not. */
    public boolean isInteger() {
        return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
    }

    /** Whether elements are quantized: integers that stand for real numbers. */
    public boolean isQuantized() {
        return code >= QINT8.code && code <= QINT32.code || this == QUINT4X2 || this == QUINT2X4;
    }

    /**
     * Whether elements can be negative.
     *
     * @throws TorchTypeException for quantized types and bits, of which PyTorch does not say it either
     */
    public boolean isSigned() {
        if (isQuantized() || code >= BITS1X8.code && code <= BITS16.code) {
            throw new TorchTypeException("whether " + this + " is signed is not defined");
        }
        return switch (kind) {
            case UNSIGNED, BOOL -> false;
            case STORED -> code >= INT1.code;
            default -> this != FLOAT8_E8M0FNU;
        };
    }

    /** Whether libtorch only stores such elements, as said above. */
    public boolean isStorageOnly() {
        return kind == Kind.STORED;
    }

    /**
     * Range and precision of a floating-point type; of a complex one, those of its parts ({@code torch.finfo}).
     *
     * @throws TorchTypeException for other types
     */
    public FloatInfo floatInfo() {
        return FloatInfo.of(this);
    }

    /**
     * Range of an integer type ({@code torch.iinfo}).
     *
     * @throws TorchTypeException for other types
     */
    public IntegerInfo integerInfo() {
        return IntegerInfo.of(this);
    }

    /** The complex type of two such numbers; the type itself if it is complex. */
    public DType toComplex() {
        return switch (this) {
            case FLOAT16, COMPLEX32 -> COMPLEX32;
            case BFLOAT16, FLOAT32, COMPLEX64 -> COMPLEX64;
            case FLOAT64, COMPLEX128 -> COMPLEX128;
            default -> throw new TorchTypeException("there are no complex numbers of two " + this);
        };
    }

    /** The type of the parts of a complex number; a real floating-point type itself. */
    public DType toReal() {
        return switch (this) {
            case COMPLEX32 -> FLOAT16;
            case COMPLEX64 -> FLOAT32;
            case COMPLEX128 -> FLOAT64;
            default -> {
                if (!isFloatingPoint()) {
                    throw new TorchTypeException(this + " is neither complex nor real floating point");
                }
                yield this;
            }
        };
    }

    /**
     * The type in which an operator works that gets tensors of both: the smallest that both can be converted to
     * ({@code torch.promote_types}).
     *
     * @throws TorchException if there is none, as with float8
     */
    public static DType promoteTypes(DType first, DType second) {
        NativeLibrary.require();
        int code = GradusTorch.gt_promote_types(first.code, second.code);
        Tensor.check(code < 0 ? 1 : 0);
        return ofCode(code);
    }

    /** PyTorch's name, such as {@code float32}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
