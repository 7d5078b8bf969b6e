package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/** The activations of {@link F}. */
abstract sealed class ActivationFunctions permits NormalizationFunctions {
    ActivationFunctions() {}

    /** {@code max(x, 0)}. */
    public static Tensor relu(Tensor input) {
        return input.relu();
    }

    /** {@code min(max(x, 0), 6)}. */
    public static Tensor relu6(Tensor input) {
        return NeuralOps.relu6(input);
    }

    /** {@code x} times the standard normal distribution function of {@code x}. */
    public static Tensor gelu(Tensor input) {
        return gelu(input, false);
    }

    /** As {@link #gelu(Tensor)}, or its approximation by a hyperbolic tangent. */
    public static Tensor gelu(Tensor input, boolean tanhApproximation) {
        return NeuralOps.gelu(input, tanhApproximation);
    }

    /** {@code x sigmoid(x)}. */
    public static Tensor silu(Tensor input) {
        return input.silu();
    }

    /** {@code x tanh(softplus(x))}. */
    public static Tensor mish(Tensor input) {
        return NeuralOps.mish(input);
    }

    /** The hyperbolic tangent. */
    public static Tensor tanh(Tensor input) {
        return input.tanh();
    }

    /** {@code 1 / (1 + exp(-x))}. */
    public static Tensor sigmoid(Tensor input) {
        return input.sigmoid();
    }

    /** The logarithm of {@link #sigmoid}. */
    public static Tensor logSigmoid(Tensor input) {
        return NeuralOps.logSigmoid(input);
    }

    /** {@code min(max(x / 6 + 1 / 2, 0), 1)}. */
    public static Tensor hardsigmoid(Tensor input) {
        return NeuralOps.hardsigmoid(input);
    }

    /** {@code x} times {@link #hardsigmoid}. */
    public static Tensor hardswish(Tensor input) {
        return NeuralOps.hardswish(input);
    }

    /** {@code min(max(x, -1), 1)}. */
    public static Tensor hardtanh(Tensor input) {
        return hardtanh(input, -1, 1);
    }

    /** {@code min(max(x, low), high)}. */
    public static Tensor hardtanh(Tensor input, double low, double high) {
        return NeuralOps.hardtanh(input, low, high);
    }

    /** {@code x} where it is positive, else {@code x / 100}. */
    public static Tensor leakyRelu(Tensor input) {
        return leakyRelu(input, 0.01);
    }

    /** {@code x} where it is positive, else {@code negativeSlope x}. */
    public static Tensor leakyRelu(Tensor input, double negativeSlope) {
        return NeuralOps.leakyRelu(input, negativeSlope);
    }

    /**
     * {@code x} where it is positive, else {@code weight x}.
     *
     * @param weight of one element, or of one for each channel, which is the second dimension
     */
    public static Tensor prelu(Tensor input, Tensor weight) {
        return NeuralOps.prelu(input, weight);
    }

    /** {@code x} where it is positive, else {@code exp(x) - 1}. */
    public static Tensor elu(Tensor input) {
        return elu(input, 1);
    }

    /** {@code x} where it is positive, else {@code alpha (exp(x) - 1)}. */
    public static Tensor elu(Tensor input, double alpha) {
        return NeuralOps.elu(input, alpha);
    }

    /** {@link #elu} scaled such that means and variances stay: Klambauer et al., "Self-Normalizing Neural Networks" (2017). */
    public static Tensor selu(Tensor input) {
        return NeuralOps.selu(input);
    }

    /** {@code x} where it is positive, else {@code alpha (exp(x / alpha) - 1)}. */
    public static Tensor celu(Tensor input, double alpha) {
        return NeuralOps.celu(input, alpha);
    }

    /** {@code log(1 + exp(x))}. */
    public static Tensor softplus(Tensor input) {
        return softplus(input, 1, 20);
    }

    /**
     * {@code log(1 + exp(beta x)) / beta}.
     *
     * @param threshold of {@code beta x} above which the result is {@code x}
     */
    public static Tensor softplus(Tensor input, double beta, double threshold) {
        return NeuralOps.softplus(input, beta, threshold);
    }

    /** {@code x} moved towards 0 by {@code lambda}, and 0 where it would cross it. */
    public static Tensor softshrink(Tensor input, double lambda) {
        return NeuralOps.softshrink(input, lambda);
    }

    /** {@code x} where it is larger than {@code lambda} or smaller than {@code -lambda}, else 0. */
    public static Tensor hardshrink(Tensor input, double lambda) {
        return NeuralOps.hardshrink(input, lambda);
    }

    /** {@code x - tanh(x)}. */
    public static Tensor tanhshrink(Tensor input) {
        return input.sub(input.tanh());
    }

    /** {@code x / (1 + |x|)}. */
    public static Tensor softsign(Tensor input) {
        return input.div(input.abs().add(1L));
    }

    /** {@code x} where it is larger than {@code threshold}, else {@code value}. */
    public static Tensor threshold(Tensor input, double threshold, double value) {
        return NeuralOps.threshold(input, threshold, value);
    }

    /** The first half of {@code dim} times the sigmoid of the second. */
    public static Tensor glu(Tensor input, int dim) {
        return NeuralOps.glu(input, dim);
    }

    /** Exponentials divided by their sum over {@code dim}. */
    public static Tensor softmax(Tensor input, int dim) {
        return input.softmax(dim);
    }

    /** {@link #softmax} of {@code -x}. */
    public static Tensor softmin(Tensor input, int dim) {
        return input.neg().softmax(dim);
    }

    /** The logarithm of {@link #softmax}. */
    public static Tensor logSoftmax(Tensor input, int dim) {
        return input.logSoftmax(dim);
    }
}
