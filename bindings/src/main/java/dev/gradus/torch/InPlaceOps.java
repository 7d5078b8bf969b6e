package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** Operators that change the tensor and return it. On a leaf that requires a gradient they are allowed only without gradients. */
public sealed interface InPlaceOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** -x. */
    default Tensor neg_() {
        Tensor.check(GradusTorch.gt_neg_(self().handle()));
        return self();
    }

    /** |x|. */
    default Tensor abs_() {
        Tensor.check(GradusTorch.gt_abs_(self().handle()));
        return self();
    }

    /** e<sup>x</sup>. */
    default Tensor exp_() {
        Tensor.check(GradusTorch.gt_exp_(self().handle()));
        return self();
    }

    /** The natural logarithm. */
    default Tensor log_() {
        Tensor.check(GradusTorch.gt_log_(self().handle()));
        return self();
    }

    /** The square root. */
    default Tensor sqrt_() {
        Tensor.check(GradusTorch.gt_sqrt_(self().handle()));
        return self();
    }

    /** x<sup>2</sup>. */
    default Tensor square_() {
        Tensor.check(GradusTorch.gt_square_(self().handle()));
        return self();
    }

    /** 1 / x. */
    default Tensor reciprocal_() {
        Tensor.check(GradusTorch.gt_reciprocal_(self().handle()));
        return self();
    }

    /** The hyperbolic tangent. */
    default Tensor tanh_() {
        Tensor.check(GradusTorch.gt_tanh_(self().handle()));
        return self();
    }

    /** 1 / (1 + e<sup>-x</sup>). */
    default Tensor sigmoid_() {
        Tensor.check(GradusTorch.gt_sigmoid_(self().handle()));
        return self();
    }

    /** max(x, 0). */
    default Tensor relu_() {
        Tensor.check(GradusTorch.gt_relu_(self().handle()));
        return self();
    }

    /** x * sigmoid(x). */
    default Tensor silu_() {
        Tensor.check(GradusTorch.gt_silu_(self().handle()));
        return self();
    }

    /** Zero. */
    default Tensor zero_() {
        Tensor.check(GradusTorch.gt_zero_(self().handle()));
        return self();
    }

    /** The nearest integer, ties to even. */
    default Tensor round_() {
        Tensor.check(GradusTorch.gt_round_(self().handle()));
        return self();
    }

    /** x + other; other broadcasts to the shape of this. */
    default Tensor add_(Tensor other) {
        Tensor.check(GradusTorch.gt_add_(self().handle(), other.handle()));
        return self();
    }

    /** x + other. */
    default Tensor add_(double other) {
        Tensor.check(GradusTorch.gt_add_scalar_(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
        return self();
    }

    /** x + other. */
    default Tensor add_(long other) {
        Tensor.check(GradusTorch.gt_add_scalar_(self().handle(), Scalar.INT64, other));
        return self();
    }

    /** x - other; other broadcasts to the shape of this. */
    default Tensor sub_(Tensor other) {
        Tensor.check(GradusTorch.gt_sub_(self().handle(), other.handle()));
        return self();
    }

    /** x - other. */
    default Tensor sub_(double other) {
        Tensor.check(GradusTorch.gt_sub_scalar_(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
        return self();
    }

    /** x - other. */
    default Tensor sub_(long other) {
        Tensor.check(GradusTorch.gt_sub_scalar_(self().handle(), Scalar.INT64, other));
        return self();
    }

    /** x * other; other broadcasts to the shape of this. */
    default Tensor mul_(Tensor other) {
        Tensor.check(GradusTorch.gt_mul_(self().handle(), other.handle()));
        return self();
    }

    /** x * other. */
    default Tensor mul_(double other) {
        Tensor.check(GradusTorch.gt_mul_scalar_(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
        return self();
    }

    /** x * other. */
    default Tensor mul_(long other) {
        Tensor.check(GradusTorch.gt_mul_scalar_(self().handle(), Scalar.INT64, other));
        return self();
    }

    /** x / other; other broadcasts to the shape of this. */
    default Tensor div_(Tensor other) {
        Tensor.check(GradusTorch.gt_div_(self().handle(), other.handle()));
        return self();
    }

    /** x / other. */
    default Tensor div_(double other) {
        Tensor.check(GradusTorch.gt_div_scalar_(self().handle(), Scalar.DOUBLE, Scalar.bits(other)));
        return self();
    }

    /** x / other. */
    default Tensor div_(long other) {
        Tensor.check(GradusTorch.gt_div_scalar_(self().handle(), Scalar.INT64, other));
        return self();
    }

    /** The elements of source, converted to the dtype and device of this; source broadcasts. */
    default Tensor copy_(Tensor source) {
        Tensor.check(GradusTorch.gt_copy_(self().handle(), source.handle()));
        return self();
    }

    /** The same value everywhere. */
    default Tensor fill_(double value) {
        Tensor.check(GradusTorch.gt_fill_scalar_(self().handle(), Scalar.DOUBLE, Scalar.bits(value)));
        return self();
    }

    /** The same value everywhere. */
    default Tensor fill_(long value) {
        Tensor.check(GradusTorch.gt_fill_scalar_(self().handle(), Scalar.INT64, value));
        return self();
    }

    /** x + alpha * other. */
    default Tensor add_(Tensor other, double alpha) {
        Tensor.check(GradusTorch.gt_add_scaled_(self().handle(), other.handle(), Scalar.DOUBLE, Scalar.bits(alpha)));
        return self();
    }

    /** x + weight * (end - x). */
    default Tensor lerp_(Tensor end, double weight) {
        Tensor.check(GradusTorch.gt_lerp_(self().handle(), end.handle(), weight));
        return self();
    }

    /** x, but at least low and at most high. */
    default Tensor clamp_(double low, double high) {
        Tensor.check(GradusTorch.gt_clamp_(self().handle(), low, high));
        return self();
    }

    /** Numbers of the normal distribution. Generator null: the default one of the device. */
    default Tensor normal_(double mean, double std, Generator generator) {
        Tensor.check(GradusTorch.gt_normal_(self().handle(), mean, std, Generator.handleOrZero(generator)));
        return self();
    }

    /** Numbers spread evenly over [low, high). Generator null: the default one of the device. */
    default Tensor uniform_(double low, double high, Generator generator) {
        Tensor.check(GradusTorch.gt_uniform_(self().handle(), low, high, Generator.handleOrZero(generator)));
        return self();
    }

    /** 1 with probability p, else 0. Generator null: the default one of the device. */
    default Tensor bernoulli_(double p, Generator generator) {
        Tensor.check(GradusTorch.gt_bernoulli_(self().handle(), p, Generator.handleOrZero(generator)));
        return self();
    }
}
