package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/**
 * The functions of neural networks, with PyTorch's argument order ({@code torch.nn.functional}). Weights and biases stay the
 * caller's; each result is a new tensor. Arguments named {@code bias} or {@code mask} may be null where said.
 */
public final class F {
    private F() {}

    /**
     * A two-dimensional convolution (cross-correlation) with the default options.
     *
     * @param input (B, C, H, W)
     * @param weight (O, C, kH, kW)
     * @param bias (O), or null
     * @return (B, O, H', W')
     */
    public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias) {
        return conv2d(input, weight, bias, Conv2dOptions.defaults());
    }

    /**
     * A two-dimensional convolution (cross-correlation).
     *
     * @param input (B, C, H, W)
     * @param weight (O, C / groups, kH, kW)
     * @param bias (O), or null
     * @return (B, O, H', W') with H' = (H + 2 padding - dilation (kH - 1) - 1) / stride + 1, rounded down
     */
    public static Tensor conv2d(Tensor input, Tensor weight, Tensor bias, Conv2dOptions options) {
        return NeuralOps.conv2d(
                input,
                weight,
                bias,
                options.strideH(),
                options.strideW(),
                options.paddingH(),
                options.paddingW(),
                options.dilationH(),
                options.dilationW(),
                options.groups());
    }

    /**
     * {@code input weight^T + bias}.
     *
     * @param input (..., I)
     * @param weight (O, I)
     * @param bias (O), or null
     * @return (..., O)
     */
    public static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
        return NeuralOps.linear(input, weight, bias);
    }

    /**
     * Normalises groups of channels to mean 0 and variance 1, then scales and shifts each channel.
     *
     * @param input (B, C, ...)
     * @param groups a divisor of C
     * @param weight (C), or null for 1
     * @param bias (C), or null for 0
     * @param eps added to the variance
     */
    public static Tensor groupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps) {
        return NeuralOps.groupNorm(input, groups, weight, bias, eps);
    }

    /**
     * Normalises over the last dimensions to mean 0 and variance 1, then scales and shifts each element.
     *
     * @param normalizedShape the sizes of the dimensions to normalise over
     * @param weight of that shape, or null for 1
     * @param bias of that shape, or null for 0
     * @param eps added to the variance
     */
    public static Tensor layerNorm(Tensor input, long[] normalizedShape, Tensor weight, Tensor bias, double eps) {
        return NeuralOps.layerNorm(input, normalizedShape, weight, bias, eps);
    }

    /** {@code x sigmoid(x)}. */
    public static Tensor silu(Tensor input) {
        return input.silu();
    }

    /** {@code max(x, 0)}. */
    public static Tensor relu(Tensor input) {
        return input.relu();
    }

    /** {@code x} times the standard normal distribution function of {@code x}. */
    public static Tensor gelu(Tensor input) {
        return input.gelu();
    }

    /** Exponentials divided by their sum over {@code dim}. */
    public static Tensor softmax(Tensor input, int dim) {
        return input.softmax(dim);
    }

    /**
     * In training sets each value to 0 with probability {@code p} and divides the others by {@code 1 - p}, drawing from the
     * default generator of the input's device.
     */
    public static Tensor dropout(Tensor input, double p, boolean training) {
        return NeuralOps.dropout(input, p, training);
    }

    /**
     * The rows of {@code weight} that {@code input} names.
     *
     * @param input indices of an integer type, any shape (...)
     * @param weight (count, dim)
     * @return (..., dim)
     * @throws dev.gradus.torch.TorchIndexException if an index is not in [0, count)
     */
    public static Tensor embedding(Tensor input, Tensor weight) {
        return NeuralOps.embedding(weight, input);
    }

    /**
     * Enlarges images by repeating pixels.
     *
     * @param input (B, C, H, W)
     * @param scaleFactor the factor of height and width
     */
    public static Tensor interpolateNearest(Tensor input, double scaleFactor) {
        return NeuralOps.upsampleNearest2d(input, scaleFactor, scaleFactor);
    }

    /**
     * Pads with zeros.
     *
     * @param padding pairs of how many before and after, for the last dimension first: left, right, top, bottom, ...
     */
    public static Tensor pad(Tensor input, long... padding) {
        return NeuralOps.pad(input, padding, 0.0);
    }

    /**
     * {@code softmax(Q K^T / sqrt(E)) V}: Vaswani et al., "Attention Is All You Need" (2017), equation 1.
     *
     * @param query (..., L, E)
     * @param key (..., S, E)
     * @param value (..., S, Ev)
     * @return (..., L, Ev)
     */
    public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value) {
        return NeuralOps.scaledDotProductAttention(query, key, value, null, 0.0, false, Double.NaN);
    }

    /** The mean squared difference, a tensor without dimensions. */
    public static Tensor mseLoss(Tensor input, Tensor target) {
        return NeuralOps.mseLoss(input, target, NeuralOps.Reduction.MEAN);
    }
}
