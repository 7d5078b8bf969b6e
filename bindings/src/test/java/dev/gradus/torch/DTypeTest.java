package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers are those of torch.finfo, torch.iinfo and torch.promote_types of libtorch 2.13. */
class DTypeTest {

    @ParameterizedTest
    @CsvSource({
        "FLOAT64, 64, 0x1p-52, 0x1.fffffffffffffp+1023, 0x1p-1022, 1e-15",
        "FLOAT32, 32, 0x1p-23, 0x1.fffffe0000000p+127, 0x1p-126, 1e-6",
        "FLOAT16, 16, 0x1p-10, 0x1.ffc0000000000p+15, 0x1p-14, 1e-3",
        "BFLOAT16, 16, 0x1p-7, 0x1.fe00000000000p+127, 0x1p-126, 1e-2",
        "FLOAT8_E4M3FN, 8, 0x1p-3, 0x1.cp+8, 0x1p-6, 1",
        "FLOAT8_E5M2, 8, 0x1p-2, 0x1.cp+15, 0x1p-14, 1",
        "FLOAT8_E4M3FNUZ, 8, 0x1p-3, 0x1.ep+7, 0x1p-7, 1",
        "FLOAT8_E5M2FNUZ, 8, 0x1p-3, 0x1.cp+15, 0x1p-15, 1",
        "FLOAT8_E8M0FNU, 8, 1, 0x1p+127, 0x1p-127, 1",
        "COMPLEX64, 32, 0x1p-23, 0x1.fffffe0000000p+127, 0x1p-126, 1e-6",
    })
    void floatInfoIsThatOfPython(
            DType dtype, int bits, String eps, String max, String smallestNormal, String resolution) {
        FloatInfo info = dtype.floatInfo();
        assertEquals(bits, info.bits());
        assertEquals(Double.parseDouble(eps), info.eps());
        assertEquals(Double.parseDouble(max), info.max());
        assertEquals(dtype == DType.FLOAT8_E8M0FNU ? 0x1p-127 : -info.max(), info.min());
        assertEquals(Double.parseDouble(smallestNormal), info.smallestNormal());
        assertEquals(Double.parseDouble(resolution), info.resolution());
    }

    @ParameterizedTest
    @CsvSource({
        "UINT8, 8, 0, 255",
        "INT8, 8, -128, 127",
        "INT16, 16, -32768, 32767",
        "UINT16, 16, 0, 65535",
        "INT32, 32, -2147483648, 2147483647",
        "UINT32, 32, 0, 4294967295",
        "INT64, 64, -9223372036854775808, 9223372036854775807",
        "UINT64, 64, 0, 18446744073709551615",
    })
    void integerInfoIsThatOfPython(DType dtype, int bits, BigInteger min, BigInteger max) {
        assertEquals(new IntegerInfo(dtype, bits, min, max), dtype.integerInfo());
    }

    @Test
    void infoOfTheWrongKindIsRefused() {
        assertThrows(TorchTypeException.class, DType.INT64::floatInfo);
        assertThrows(TorchTypeException.class, DType.FLOAT4_E2M1FN_X2::floatInfo);
        assertThrows(TorchTypeException.class, DType.BOOL::integerInfo);
        assertThrows(TorchTypeException.class, DType.FLOAT32::integerInfo);
        assertThrows(TorchTypeException.class, DType.UINT4::integerInfo);
    }

    @ParameterizedTest
    @CsvSource({
        "INT64, FLOAT16, FLOAT16",
        "FLOAT16, BFLOAT16, FLOAT32",
        "UINT8, INT8, INT16",
        "BOOL, BOOL, BOOL",
        "FLOAT64, COMPLEX64, COMPLEX128",
        "INT32, COMPLEX32, COMPLEX32",
        "FLOAT8_E5M2, FLOAT8_E5M2, FLOAT8_E5M2",
    })
    void typesArePromotedAsInPython(DType first, DType second, DType expected) {
        assertEquals(expected, DType.promoteTypes(first, second));
        assertEquals(expected, DType.promoteTypes(second, first));
    }

    @Test
    void typesWithoutACommonOneAreRefused() {
        assertThrows(TorchException.class, () -> DType.promoteTypes(DType.FLOAT8_E5M2, DType.FLOAT8_E4M3FN));
    }

    @Test
    void kindsAreToldApart() {
        assertTrue(DType.BFLOAT16.isFloatingPoint());
        assertFalse(DType.COMPLEX64.isFloatingPoint());
        assertTrue(DType.COMPLEX64.isComplex() && DType.COMPLEX64.isSigned());
        assertTrue(DType.INT1.isSigned() && DType.FLOAT4_E2M1FN_X2.isSigned());
        assertFalse(DType.UINT7.isSigned() || DType.BOOL.isSigned() || DType.FLOAT8_E8M0FNU.isSigned());
        assertThrows(TorchTypeException.class, DType.QINT8::isSigned);
        assertThrows(TorchTypeException.class, DType.BITS16::isSigned);
        assertTrue(DType.QUINT2X4.isQuantized() && DType.QINT32.isQuantized());
        assertFalse(DType.BITS8.isQuantized() || DType.BFLOAT16.isQuantized());
        assertEquals(DType.COMPLEX32, DType.FLOAT16.toComplex());
        assertEquals(DType.FLOAT32, DType.COMPLEX64.toReal());
    }

    @Test
    void aTypeNewerThanThisLibraryIsNamedInAMessage() {
        TorchTypeException e = assertThrows(TorchTypeException.class, () -> DType.ofCode(60));
        assertTrue(e.getMessage().contains("code 60") && e.getMessage().contains("float4_e2m1fn_x2"), e.getMessage());
    }

    @Test
    void theDefaultDtypeIsUsedByFactoriesAndLibtorch() {
        try (var _ = TensorScope.open()) {
            Torch.setDefaultDtype(DType.FLOAT64);
            try {
                assertEquals(DType.FLOAT64, Torch.zeros(2).dtype());
                assertEquals(DType.FLOAT64, Torch.tensor(1L).add(0.5).dtype());
                assertEquals("tensor([0., 0.])", Torch.zeros(2).toString());
                assertThrows(TorchTypeException.class, () -> Torch.setDefaultDtype(DType.INT32));
            } finally {
                Torch.setDefaultDtype(DType.FLOAT32);
            }
            assertEquals(DType.FLOAT32, Torch.zeros(2).dtype());
        }
    }
}
