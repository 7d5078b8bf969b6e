package dev.gradus.torch.io;

import dev.gradus.torch.DType;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The element types of the safetensors format that have a {@link DType}. The constants' names are the format's; their
 * order is the one in which the format's reference library lays tensors out in a file, last first.
 */
enum ElementType {
    BOOL(DType.BOOL),
    U8(DType.UINT8),
    I8(DType.INT8),
    F8_E5M2(DType.FLOAT8_E5M2),
    F8_E4M3(DType.FLOAT8_E4M3FN),
    F8_E8M0(DType.FLOAT8_E8M0FNU),
    I16(DType.INT16),
    U16(DType.UINT16),
    F16(DType.FLOAT16),
    BF16(DType.BFLOAT16),
    I32(DType.INT32),
    U32(DType.UINT32),
    F32(DType.FLOAT32),
    C64(DType.COMPLEX64),
    F64(DType.FLOAT64),
    I64(DType.INT64),
    U64(DType.UINT64);

    private static final ElementType[] ALL = values();

    private final DType dtype;

    ElementType(DType dtype) {
        this.dtype = dtype;
    }

    DType dtype() {
        return dtype;
    }

    /** The type of that name in a file, or null when this library has none. */
    static ElementType named(String name) {
        for (ElementType type : ALL) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** The file's type for a dtype, or null when the format has none. */
    static ElementType of(DType dtype) {
        for (ElementType type : ALL) {
            if (type.dtype == dtype) {
                return type;
            }
        }
        return null;
    }

    static String names() {
        return Arrays.stream(ALL).map(Enum::name).collect(Collectors.joining(", "));
    }
}
