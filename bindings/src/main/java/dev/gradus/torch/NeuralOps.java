package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/**
 * The operators that networks are made of, one native call each, with every argument spelled out.
 * {@code dev.gradus.torch.nn.F} has them with PyTorch's defaults. Where an argument may be null it says so.
 */
public final class NeuralOps {

    private NeuralOps() {}

    /** How a loss over elements becomes one number. */
    public enum Reduction {
        /** It does not: the loss keeps its shape. */
        NONE,
        /** The mean. */
        MEAN,
        /** The sum. */
        SUM
    }

    /**
     * x W<sup>T</sup> + b.
     *
     * @param input (..., in)
     * @param weight (out, in)
     * @param bias (out), or null
     * @return (..., out)
     */
    public static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
        return Tensor.result(GradusTorch.gt_linear(input.handle(), weight.handle(), Tensor.handleOrZero(bias)));
    }

    /**
     * Two-dimensional convolution.
     *
     * @param input (B, in, H, W)
     * @param weight (out, in / groups, kH, kW)
     * @param bias (out), or null
     * @return (B, out, H', W')
     */
    public static Tensor conv2d(
            Tensor input,
            Tensor weight,
            Tensor bias,
            long strideH,
            long strideW,
            long paddingH,
            long paddingW,
            long dilationH,
            long dilationW,
            long groups) {
        return Tensor.result(GradusTorch.gt_conv2d(
                input.handle(),
                weight.handle(),
                Tensor.handleOrZero(bias),
                strideH,
                strideW,
                paddingH,
                paddingW,
                dilationH,
                dilationW,
                groups));
    }

    /**
     * Group normalization (Wu and He, arXiv 1803.08494).
     *
     * @param input (B, C, ...)
     * @param weight (C), or null for ones
     * @param bias (C), or null for zeros
     */
    public static Tensor groupNorm(Tensor input, long groups, Tensor weight, Tensor bias, double eps) {
        return Tensor.result(GradusTorch.gt_group_norm(
                input.handle(), groups, Tensor.handleOrZero(weight), Tensor.handleOrZero(bias), eps));
    }

    /**
     * Layer normalization (Ba et al., arXiv 1607.06450) over the last dimensions.
     *
     * @param normalizedShape the sizes of these dimensions
     * @param weight of that shape, or null for ones
     * @param bias of that shape, or null for zeros
     */
    public static Tensor layerNorm(Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps) {
        return Tensor.result(GradusTorch.gt_layer_norm(
                input.handle(),
                ThreadContext.current().list(normalizedShape),
                normalizedShape.length,
                Tensor.handleOrZero(weight),
                Tensor.handleOrZero(bias),
                eps));
    }

    /**
     * The rows of a table.
     *
     * @param weight (n, d)
     * @param indices integers in [0, n), of any shape
     * @return the shape of the indices, then d
     */
    public static Tensor embedding(Tensor weight, Tensor indices) {
        return Tensor.result(GradusTorch.gt_embedding(weight.handle(), indices.handle()));
    }

    /** Zeros with probability p, the rest divided by 1 - p, if train; else the input. Uses the default generator. */
    public static Tensor dropout(Tensor input, double p, boolean train) {
        return Tensor.result(GradusTorch.gt_dropout(input.handle(), p, train ? 1 : 0));
    }

    /** x &Phi;(x), or its approximation by tanh. */
    public static Tensor gelu(Tensor input, boolean tanhApproximation) {
        return Tensor.result(GradusTorch.gt_gelu(input.handle(), tanhApproximation ? 1 : 0));
    }

    /** x where it is positive, else negativeSlope * x. */
    public static Tensor leakyRelu(Tensor input, double negativeSlope) {
        return Tensor.result(GradusTorch.gt_leaky_relu(input.handle(), negativeSlope));
    }

    /**
     * The input with a margin.
     *
     * @param padding pairs (before, after), the last dimension first
     * @param value of the margin
     */
    public static Tensor pad(Tensor input, long[] padding, double value) {
        return Tensor.result(
                GradusTorch.gt_pad(input.handle(), ThreadContext.current().list(padding), padding.length, value));
    }

    /** (B, C, H, W) stretched to (B, C, height, width) by taking the nearest element. */
    public static Tensor upsampleNearest2d(Tensor input, long height, long width) {
        return Tensor.result(GradusTorch.gt_upsample_nearest2d(input.handle(), height, width));
    }

    /** (B, C, H, W) stretched by these factors by taking the nearest element. */
    public static Tensor upsampleNearest2d(Tensor input, double scaleH, double scaleW) {
        return Tensor.result(GradusTorch.gt_upsample_nearest2d_scale(input.handle(), scaleH, scaleW));
    }

    /** Means over square windows. */
    public static Tensor avgPool2d(Tensor input, long kernel, long stride, long padding) {
        return Tensor.result(GradusTorch.gt_avg_pool2d(input.handle(), kernel, stride, padding));
    }

    /** Largest elements of square windows. */
    public static Tensor maxPool2d(Tensor input, long kernel, long stride, long padding) {
        return Tensor.result(GradusTorch.gt_max_pool2d(input.handle(), kernel, stride, padding));
    }

    /**
     * softmax(Q K<sup>T</sup> scale) V (Vaswani et al., arXiv 1706.03762).
     *
     * @param query (..., L, d)
     * @param key (..., S, d)
     * @param value (..., S, e)
     * @param mask (..., L, S), BOOL (true = attend) or added to the scores, or null
     * @param scale NaN = 1 / sqrt(d)
     * @return (..., L, e)
     */
    public static Tensor scaledDotProductAttention(
            Tensor query, Tensor key, Tensor value, Tensor mask, double dropoutP, boolean isCausal, double scale) {
        return Tensor.result(GradusTorch.gt_scaled_dot_product_attention(
                query.handle(),
                key.handle(),
                value.handle(),
                Tensor.handleOrZero(mask),
                dropoutP,
                isCausal ? 1 : 0,
                scale));
    }

    /** The squared difference. */
    public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
        return Tensor.result(GradusTorch.gt_mse_loss(input.handle(), target.handle(), reduction.ordinal()));
    }

    /**
     * -ln softmax(input) at the target.
     *
     * @param input (B, n)
     * @param target (B), INT64 in [0, n)
     */
    public static Tensor crossEntropy(Tensor input, Tensor target, Reduction reduction) {
        return Tensor.result(GradusTorch.gt_cross_entropy(input.handle(), target.handle(), reduction.ordinal()));
    }
}
