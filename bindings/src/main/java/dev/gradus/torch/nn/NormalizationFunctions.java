package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/** The normalisations of {@link F}. */
abstract sealed class NormalizationFunctions extends ActivationFunctions permits SpatialFunctions {
    NormalizationFunctions() {}

    /**
     * Normalises each channel to mean 0 and variance 1 over the batch and all places, then scales and shifts it: Ioffe and
     * Szegedy, "Batch Normalization" (2015).
     *
     * @param input (B, C, ...)
     * @param runningMean (C), moved towards the mean of the batch in training and used otherwise; or null
     * @param runningVar (C), likewise
     * @param weight (C), or null for 1
     * @param bias (C), or null for 0
     * @param training whether to use the mean and variance of the batch
     * @param momentum how far the running ones move
     * @param eps added to the variance
     */
    public static Tensor batchNorm(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean training,
            double momentum,
            double eps) {
        return NeuralOps.batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps);
    }

    /**
     * Normalises each channel of each example over all places; otherwise like {@link #batchNorm}: Ulyanov et al., "Instance
     * Normalization" (2016).
     *
     * @param useInputStats whether to use the means and variances of the input
     */
    public static Tensor instanceNorm(
            Tensor input,
            Tensor runningMean,
            Tensor runningVar,
            Tensor weight,
            Tensor bias,
            boolean useInputStats,
            double momentum,
            double eps) {
        return NeuralOps.instanceNorm(input, weight, bias, runningMean, runningVar, useInputStats, momentum, eps);
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

    /**
     * Divides by the root of the mean square over the last dimensions, then scales each element: Zhang and Sennrich, "Root
     * Mean Square Layer Normalization" (2019).
     *
     * @param normalizedShape the sizes of the dimensions to normalise over
     * @param weight of that shape, or null for 1
     * @param eps added to the mean square; null for the machine epsilon of the input's type
     */
    public static Tensor rmsNorm(Tensor input, long[] normalizedShape, Tensor weight, Double eps) {
        return NeuralOps.rmsNorm(input, normalizedShape, weight, eps);
    }

    /**
     * Divides by the sum of the squares of neighbouring channels: {@code x / (k + alpha mean(x^2))^beta}, the mean being over
     * {@code size} channels: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks" (2012),
     * section 3.3.
     *
     * @param input (B, C, ...), of 3 dimensions or more
     * @param size how many channels
     */
    public static Tensor localResponseNorm(Tensor input, int size, double alpha, double beta, double k) {
        int dim = input.dim();
        if (dim < 3) {
            throw new IllegalArgumentException(
                    "localResponseNorm takes an input (B, C, ...) of 3 dimensions or more, this one has " + dim);
        }
        if (input.numel() == 0) {
            return input;
        }
        // (B, 1, C, ...): the channels become a dimension to pool along.
        Tensor squares = input.mul(input).flatten(2, -1).unsqueeze(1);
        Tensor padded = F.pad(squares, 0, 0, size / 2, (size - 1) / 2);
        Tensor means = F.avgPool2d(padded, new long[] {size, 1}, new long[] {1}, new long[] {0}, false, true);
        Tensor divisor = means.reshape(input.shape()).mul(alpha).add(k).pow(beta);
        return input.div(divisor);
    }

    /** Divides by the p-norm over {@code dim}, which counts as {@code eps} where it is smaller. */
    public static Tensor normalize(Tensor input, double p, int dim, double eps) {
        return input.div(input.norm(p, new long[] {dim}, true).clampMin(eps));
    }

    /** Divides by the Euclidean norm over {@code dim}. */
    public static Tensor normalize(Tensor input, int dim) {
        return normalize(input, 2, dim, 1e-12);
    }
}
