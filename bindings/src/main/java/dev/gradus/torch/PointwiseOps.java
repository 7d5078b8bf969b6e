package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** Operators that work element by element, on operands of shapes that broadcast. Results are new tensors. */
public sealed interface PointwiseOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** -x. */
    default Tensor neg() {
        return Tensor.result(GradusTorch.gt_neg(self().handle()));
    }

    /** |x|. */
    default Tensor abs() {
        return Tensor.result(GradusTorch.gt_abs(self().handle()));
    }

    /** The sign: -1, 0 or 1. */
    default Tensor sign() {
        return Tensor.result(GradusTorch.gt_sign(self().handle()));
    }

    /** e<sup>x</sup>. */
    default Tensor exp() {
        return Tensor.result(GradusTorch.gt_exp(self().handle()));
    }

    /** e<sup>x</sup> - 1, exact for small x. */
    default Tensor expm1() {
        return Tensor.result(GradusTorch.gt_expm1(self().handle()));
    }

    /** The natural logarithm. */
    default Tensor log() {
        return Tensor.result(GradusTorch.gt_log(self().handle()));
    }

    /** ln(1 + x), exact for small x. */
    default Tensor log1p() {
        return Tensor.result(GradusTorch.gt_log1p(self().handle()));
    }

    /** The logarithm to base 2. */
    default Tensor log2() {
        return Tensor.result(GradusTorch.gt_log2(self().handle()));
    }

    /** The square root. */
    default Tensor sqrt() {
        return Tensor.result(GradusTorch.gt_sqrt(self().handle()));
    }

    /** 1 / sqrt(x). */
    default Tensor rsqrt() {
        return Tensor.result(GradusTorch.gt_rsqrt(self().handle()));
    }

    /** x<sup>2</sup>. */
    default Tensor square() {
        return Tensor.result(GradusTorch.gt_square(self().handle()));
    }

    /** 1 / x. */
    default Tensor reciprocal() {
        return Tensor.result(GradusTorch.gt_reciprocal(self().handle()));
    }

    /** The sine of an angle in radians. */
    default Tensor sin() {
        return Tensor.result(GradusTorch.gt_sin(self().handle()));
    }

    /** The cosine of an angle in radians. */
    default Tensor cos() {
        return Tensor.result(GradusTorch.gt_cos(self().handle()));
    }

    /** The tangent of an angle in radians. */
    default Tensor tan() {
        return Tensor.result(GradusTorch.gt_tan(self().handle()));
    }

    /** The arc sine. */
    default Tensor asin() {
        return Tensor.result(GradusTorch.gt_asin(self().handle()));
    }

    /** The arc cosine. */
    default Tensor acos() {
        return Tensor.result(GradusTorch.gt_acos(self().handle()));
    }

    /** The arc tangent. */
    default Tensor atan() {
        return Tensor.result(GradusTorch.gt_atan(self().handle()));
    }

    /** The hyperbolic sine. */
    default Tensor sinh() {
        return Tensor.result(GradusTorch.gt_sinh(self().handle()));
    }

    /** The hyperbolic cosine. */
    default Tensor cosh() {
        return Tensor.result(GradusTorch.gt_cosh(self().handle()));
    }

    /** The hyperbolic tangent. */
    default Tensor tanh() {
        return Tensor.result(GradusTorch.gt_tanh(self().handle()));
    }

    /** 1 / (1 + e<sup>-x</sup>). */
    default Tensor sigmoid() {
        return Tensor.result(GradusTorch.gt_sigmoid(self().handle()));
    }

    /** The error function. */
    default Tensor erf() {
        return Tensor.result(GradusTorch.gt_erf(self().handle()));
    }

    /** The largest integer not above. */
    default Tensor floor() {
        return Tensor.result(GradusTorch.gt_floor(self().handle()));
    }

    /** The smallest integer not below. */
    default Tensor ceil() {
        return Tensor.result(GradusTorch.gt_ceil(self().handle()));
    }

    /** The nearest integer, ties to even. */
    default Tensor round() {
        return Tensor.result(GradusTorch.gt_round(self().handle()));
    }

    /** The integer part. */
    default Tensor trunc() {
        return Tensor.result(GradusTorch.gt_trunc(self().handle()));
    }

    /** max(x, 0). */
    default Tensor relu() {
        return Tensor.result(GradusTorch.gt_relu(self().handle()));
    }

    /** x * sigmoid(x). */
    default Tensor silu() {
        return Tensor.result(GradusTorch.gt_silu(self().handle()));
    }

    /** Where x is 0, as BOOL. */
    default Tensor logicalNot() {
        return Tensor.result(GradusTorch.gt_logical_not(self().handle()));
    }

    /** Where x is not a number, as BOOL. */
    default Tensor isnan() {
        return Tensor.result(GradusTorch.gt_isnan(self().handle()));
    }

    /** Where x is infinite, as BOOL. */
    default Tensor isinf() {
        return Tensor.result(GradusTorch.gt_isinf(self().handle()));
    }

    /** Where x is a finite number, as BOOL. */
    default Tensor isfinite() {
        return Tensor.result(GradusTorch.gt_isfinite(self().handle()));
    }

    /** x + other. */
    default Tensor add(Tensor other) {
        return Tensor.result(GradusTorch.gt_add(self().handle(), other.handle()));
    }

    /** x + other. */
    default Tensor add(double other) {
        return Tensor.result(GradusTorch.gt_add_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** x + other; integers stay integers. */
    default Tensor add(long other) {
        return Tensor.result(GradusTorch.gt_add_scalar(self().handle(), Scalar.INT64, other));
    }

    /** x - other. */
    default Tensor sub(Tensor other) {
        return Tensor.result(GradusTorch.gt_sub(self().handle(), other.handle()));
    }

    /** x - other. */
    default Tensor sub(double other) {
        return Tensor.result(GradusTorch.gt_sub_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** x - other; integers stay integers. */
    default Tensor sub(long other) {
        return Tensor.result(GradusTorch.gt_sub_scalar(self().handle(), Scalar.INT64, other));
    }

    /** x * other. */
    default Tensor mul(Tensor other) {
        return Tensor.result(GradusTorch.gt_mul(self().handle(), other.handle()));
    }

    /** x * other. */
    default Tensor mul(double other) {
        return Tensor.result(GradusTorch.gt_mul_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** x * other; integers stay integers. */
    default Tensor mul(long other) {
        return Tensor.result(GradusTorch.gt_mul_scalar(self().handle(), Scalar.INT64, other));
    }

    /** x / other, in floating point. */
    default Tensor div(Tensor other) {
        return Tensor.result(GradusTorch.gt_div(self().handle(), other.handle()));
    }

    /** x / other, in floating point. */
    default Tensor div(double other) {
        return Tensor.result(GradusTorch.gt_div_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** x / other, in floating point; integers stay integers only as operands. */
    default Tensor div(long other) {
        return Tensor.result(GradusTorch.gt_div_scalar(self().handle(), Scalar.INT64, other));
    }

    /** x to the power of other. */
    default Tensor pow(Tensor other) {
        return Tensor.result(GradusTorch.gt_pow(self().handle(), other.handle()));
    }

    /** x to the power of other. */
    default Tensor pow(double other) {
        return Tensor.result(GradusTorch.gt_pow_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** x to the power of other; integers stay integers. */
    default Tensor pow(long other) {
        return Tensor.result(GradusTorch.gt_pow_scalar(self().handle(), Scalar.INT64, other));
    }

    /** The remainder of x / other, with the sign of other. */
    default Tensor remainder(Tensor other) {
        return Tensor.result(GradusTorch.gt_remainder(self().handle(), other.handle()));
    }

    /** The remainder of x / other, with the sign of other. */
    default Tensor remainder(double other) {
        return Tensor.result(GradusTorch.gt_remainder_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** The remainder of x / other, with the sign of other; integers stay integers. */
    default Tensor remainder(long other) {
        return Tensor.result(GradusTorch.gt_remainder_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x = other, as BOOL. */
    default Tensor eq(Tensor other) {
        return Tensor.result(GradusTorch.gt_eq(self().handle(), other.handle()));
    }

    /** Where x = other, as BOOL. */
    default Tensor eq(double other) {
        return Tensor.result(GradusTorch.gt_eq_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x = other, as BOOL; integers stay integers. */
    default Tensor eq(long other) {
        return Tensor.result(GradusTorch.gt_eq_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x differs from other, as BOOL. */
    default Tensor ne(Tensor other) {
        return Tensor.result(GradusTorch.gt_ne(self().handle(), other.handle()));
    }

    /** Where x differs from other, as BOOL. */
    default Tensor ne(double other) {
        return Tensor.result(GradusTorch.gt_ne_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x differs from other, as BOOL; integers stay integers. */
    default Tensor ne(long other) {
        return Tensor.result(GradusTorch.gt_ne_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x &lt; other, as BOOL. */
    default Tensor lt(Tensor other) {
        return Tensor.result(GradusTorch.gt_lt(self().handle(), other.handle()));
    }

    /** Where x &lt; other, as BOOL. */
    default Tensor lt(double other) {
        return Tensor.result(GradusTorch.gt_lt_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x &lt; other, as BOOL; integers stay integers. */
    default Tensor lt(long other) {
        return Tensor.result(GradusTorch.gt_lt_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x &lt;= other, as BOOL. */
    default Tensor le(Tensor other) {
        return Tensor.result(GradusTorch.gt_le(self().handle(), other.handle()));
    }

    /** Where x &lt;= other, as BOOL. */
    default Tensor le(double other) {
        return Tensor.result(GradusTorch.gt_le_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x &lt;= other, as BOOL; integers stay integers. */
    default Tensor le(long other) {
        return Tensor.result(GradusTorch.gt_le_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x &gt; other, as BOOL. */
    default Tensor gt(Tensor other) {
        return Tensor.result(GradusTorch.gt_gt(self().handle(), other.handle()));
    }

    /** Where x &gt; other, as BOOL. */
    default Tensor gt(double other) {
        return Tensor.result(GradusTorch.gt_gt_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x &gt; other, as BOOL; integers stay integers. */
    default Tensor gt(long other) {
        return Tensor.result(GradusTorch.gt_gt_scalar(self().handle(), Scalar.INT64, other));
    }

    /** Where x &gt;= other, as BOOL. */
    default Tensor ge(Tensor other) {
        return Tensor.result(GradusTorch.gt_ge(self().handle(), other.handle()));
    }

    /** Where x &gt;= other, as BOOL. */
    default Tensor ge(double other) {
        return Tensor.result(GradusTorch.gt_ge_scalar(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
    }

    /** Where x &gt;= other, as BOOL; integers stay integers. */
    default Tensor ge(long other) {
        return Tensor.result(GradusTorch.gt_ge_scalar(self().handle(), Scalar.INT64, other));
    }

    /** The larger of both. */
    default Tensor maximum(Tensor other) {
        return Tensor.result(GradusTorch.gt_maximum(self().handle(), other.handle()));
    }

    /** The smaller of both. */
    default Tensor minimum(Tensor other) {
        return Tensor.result(GradusTorch.gt_minimum(self().handle(), other.handle()));
    }

    /** The angle of the point (other, x), in radians. */
    default Tensor atan2(Tensor other) {
        return Tensor.result(GradusTorch.gt_atan2(self().handle(), other.handle()));
    }

    /** Where both are true, as BOOL. */
    default Tensor logicalAnd(Tensor other) {
        return Tensor.result(GradusTorch.gt_logical_and(self().handle(), other.handle()));
    }

    /** Where either is true, as BOOL. */
    default Tensor logicalOr(Tensor other) {
        return Tensor.result(GradusTorch.gt_logical_or(self().handle(), other.handle()));
    }

    /** Where just one is true, as BOOL. */
    default Tensor logicalXor(Tensor other) {
        return Tensor.result(GradusTorch.gt_logical_xor(self().handle(), other.handle()));
    }

    /** x + alpha * other. */
    default Tensor add(Tensor other, double alpha) {
        return Tensor.result(
                GradusTorch.gt_add_scaled(self().handle(), other.handle(), Scalar.DOUBLE, Scalar.bits(alpha)));
    }

    /** x + weight * (end - x). */
    default Tensor lerp(Tensor end, double weight) {
        return Tensor.result(GradusTorch.gt_lerp(self().handle(), end.handle(), weight));
    }

    /** x, but at least low and at most high. */
    default Tensor clamp(double low, double high) {
        return Tensor.result(GradusTorch.gt_clamp(self().handle(), low, high));
    }

    /** x, but value where the mask, a BOOL tensor that broadcasts, is true. */
    default Tensor maskedFill(Tensor mask, double value) {
        return Tensor.result(
                GradusTorch.gt_masked_fill(self().handle(), mask.handle(), Scalar.DOUBLE, Scalar.bits(value)));
    }

    /** x &Phi;(x), with the distribution function of the standard normal distribution. */
    default Tensor gelu() {
        return Tensor.result(GradusTorch.gt_gelu(self().handle(), 0));
    }

    /** The matrix product, of matrices, vectors or batches of matrices as in {@code torch.matmul}. */
    default Tensor matmul(Tensor other) {
        return Tensor.result(GradusTorch.gt_matmul(self().handle(), other.handle()));
    }

    /** The product of two matrices. */
    default Tensor mm(Tensor other) {
        return Tensor.result(GradusTorch.gt_mm(self().handle(), other.handle()));
    }

    /** The products of two batches of matrices, (B, n, m) and (B, m, p). */
    default Tensor bmm(Tensor other) {
        return Tensor.result(GradusTorch.gt_bmm(self().handle(), other.handle()));
    }

    /** The inner product of two vectors. */
    default Tensor dot(Tensor other) {
        return Tensor.result(GradusTorch.gt_dot(self().handle(), other.handle()));
    }

    /** The outer product of two vectors. */
    default Tensor outer(Tensor other) {
        return Tensor.result(GradusTorch.gt_outer(self().handle(), other.handle()));
    }
}
