package dev.gradus.torch;

import java.math.BigInteger;

/**
 * Range of an integer type, as {@code torch.iinfo} gives it.
 *
 * @param dtype the type
 * @param bits of one number
 * @param min the lowest number
 * @param max the largest number, which for {@link DType#UINT64} no long holds
 */
public record IntegerInfo(DType dtype, int bits, BigInteger min, BigInteger max) {

    static IntegerInfo of(DType dtype) {
        if (!dtype.isInteger()) {
            throw new TorchTypeException("integerInfo() of " + dtype + ", which is no integer type"
                    + (dtype.isFloatingPoint() || dtype.isComplex() ? "; use floatInfo()" : ""));
        }
        int bits = 8 * dtype.byteSize();
        BigInteger half = BigInteger.TWO.pow(bits - 1);
        return dtype.isSigned()
                ? new IntegerInfo(dtype, bits, half.negate(), half.subtract(BigInteger.ONE))
                : new IntegerInfo(dtype, bits, BigInteger.ZERO, half.add(half).subtract(BigInteger.ONE));
    }
}
