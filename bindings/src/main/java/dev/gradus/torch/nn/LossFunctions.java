package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.NeuralOps.Reduction;
import dev.gradus.torch.Tensor;

/**
 * The losses of {@link F}. Without a {@link Reduction} they are the mean, a tensor without dimensions; with {@code NONE} they
 * keep the shape of the elements they compare.
 */
abstract sealed class LossFunctions extends SpatialFunctions permits F {
    /** PyTorch's ignoreIndex: targets of this value do not count. */
    private static final long IGNORE = -100;

    LossFunctions() {}

    /** The mean squared difference. */
    public static Tensor mseLoss(Tensor input, Tensor target) {
        return mseLoss(input, target, Reduction.MEAN);
    }

    /** The squared difference. */
    public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
        return NeuralOps.mseLoss(input, target, reduction);
    }

    /** The mean absolute difference. */
    public static Tensor l1Loss(Tensor input, Tensor target) {
        return l1Loss(input, target, Reduction.MEAN);
    }

    /** The absolute difference. */
    public static Tensor l1Loss(Tensor input, Tensor target, Reduction reduction) {
        return NeuralOps.l1Loss(input, target, reduction);
    }

    /** {@link #smoothL1Loss(Tensor, Tensor, Reduction, double)} with beta 1. */
    public static Tensor smoothL1Loss(Tensor input, Tensor target) {
        return smoothL1Loss(input, target, Reduction.MEAN, 1);
    }

    /** {@code d^2 / (2 beta)} where the difference is below {@code beta}, else {@code |d| - beta / 2}. */
    public static Tensor smoothL1Loss(Tensor input, Tensor target, Reduction reduction, double beta) {
        return NeuralOps.smoothL1Loss(input, target, reduction, beta);
    }

    /** {@link #huberLoss(Tensor, Tensor, Reduction, double)} with delta 1. */
    public static Tensor huberLoss(Tensor input, Tensor target) {
        return huberLoss(input, target, Reduction.MEAN, 1);
    }

    /** {@code d^2 / 2} where the difference is below {@code delta}, else {@code delta (|d| - delta / 2)}. */
    public static Tensor huberLoss(Tensor input, Tensor target, Reduction reduction, double delta) {
        return NeuralOps.huberLoss(input, target, reduction, delta);
    }

    /**
     * The negative logarithm of the softmax at the target.
     *
     * @param input scores (B, C, ...)
     * @param target (B, ...) INT64 in [0, C), or probabilities of the shape of the input
     */
    public static Tensor crossEntropy(Tensor input, Tensor target) {
        return NeuralOps.crossEntropy(input, target, Reduction.MEAN);
    }

    /**
     * As {@link #crossEntropy(Tensor, Tensor)}.
     *
     * @param weight of each class (C), or null
     * @param ignoreIndex targets of this value do not count
     * @param labelSmoothing the part of the probability that is spread over all classes, in [0, 1]
     */
    public static Tensor crossEntropy(
            Tensor input, Tensor target, Tensor weight, Reduction reduction, long ignoreIndex, double labelSmoothing) {
        return NeuralOps.crossEntropy(input, target, weight, reduction, ignoreIndex, labelSmoothing);
    }

    /**
     * The negative input at the target.
     *
     * @param input logarithms of probabilities (B, C, ...)
     * @param target (B, ...) INT64 in [0, C)
     */
    public static Tensor nllLoss(Tensor input, Tensor target) {
        return nllLoss(input, target, null, Reduction.MEAN, IGNORE);
    }

    /**
     * As {@link #nllLoss(Tensor, Tensor)}.
     *
     * @param weight of each class (C), or null
     * @param ignoreIndex targets of this value do not count
     */
    public static Tensor nllLoss(Tensor input, Tensor target, Tensor weight, Reduction reduction, long ignoreIndex) {
        return NeuralOps.nllLoss(input, target, weight, reduction, ignoreIndex);
    }

    /** The cross entropy of probabilities in [0, 1] with targets in [0, 1]. */
    public static Tensor binaryCrossEntropy(Tensor input, Tensor target) {
        return binaryCrossEntropy(input, target, null, Reduction.MEAN);
    }

    /** As {@link #binaryCrossEntropy(Tensor, Tensor)}, with a weight for each element or null. */
    public static Tensor binaryCrossEntropy(Tensor input, Tensor target, Tensor weight, Reduction reduction) {
        return NeuralOps.binaryCrossEntropy(input, target, weight, reduction);
    }

    /** {@link #binaryCrossEntropy} of the sigmoid of the input, without its loss of precision. */
    public static Tensor binaryCrossEntropyWithLogits(Tensor input, Tensor target) {
        return binaryCrossEntropyWithLogits(input, target, null, null, Reduction.MEAN);
    }

    /**
     * As {@link #binaryCrossEntropyWithLogits(Tensor, Tensor)}.
     *
     * @param weight of each element, or null
     * @param posWeight of the positive targets, one for each class, or null
     */
    public static Tensor binaryCrossEntropyWithLogits(
            Tensor input, Tensor target, Tensor weight, Tensor posWeight, Reduction reduction) {
        return NeuralOps.binaryCrossEntropyWithLogits(input, target, weight, posWeight, reduction);
    }

    /**
     * The Kullback-Leibler divergence, element by element: {@code target (log(target) - input)}. The mathematical mean is
     * the sum divided by the batch, not this mean over elements.
     *
     * @param input logarithms of probabilities
     * @param logTarget whether the target holds logarithms as well
     */
    public static Tensor klDiv(Tensor input, Tensor target, Reduction reduction, boolean logTarget) {
        return NeuralOps.klDiv(input, target, reduction, logTarget);
    }

    /**
     * For counts of a Poisson distribution.
     *
     * @param logInput whether the input is the logarithm of the rate
     * @param full whether to add Stirling's approximation of {@code log(target!)}
     * @param eps added to the rate before its logarithm
     */
    public static Tensor poissonNllLoss(
            Tensor input, Tensor target, boolean logInput, boolean full, double eps, Reduction reduction) {
        return NeuralOps.poissonNllLoss(input, target, logInput, full, eps, reduction);
    }

    /**
     * For numbers of a normal distribution: {@code (log(var) + (input - target)^2 / var) / 2}.
     *
     * @param var the variance; what is below {@code eps} counts as it, without a gradient through that
     * @param full whether to add the constant {@code log(2 pi) / 2}
     */
    public static Tensor gaussianNllLoss(
            Tensor input, Tensor target, Tensor var, boolean full, double eps, Reduction reduction) {
        Tensor difference = input.sub(target).square();
        // PyTorch clamps without telling the gradient.
        Tensor clamped = var.add(var.detach().clampMin(eps).sub(var.detach()));
        Tensor loss = clamped.log().add(difference.div(clamped)).mul(0.5);
        return reduce(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
    }

    /** {@code input} where the target is 1, {@code max(0, margin - input)} where it is -1. */
    public static Tensor hingeEmbeddingLoss(Tensor input, Tensor target, double margin, Reduction reduction) {
        return NeuralOps.hingeEmbeddingLoss(input, target, margin, reduction);
    }

    /** {@code max(0, margin - target (input1 - input2))} with a target of 1 or -1. */
    public static Tensor marginRankingLoss(
            Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
        return NeuralOps.marginRankingLoss(input1, input2, target, margin, reduction);
    }

    /** {@code log(1 + exp(-target input))} with a target of 1 or -1. */
    public static Tensor softMarginLoss(Tensor input, Tensor target, Reduction reduction) {
        return NeuralOps.softMarginLoss(input, target, reduction);
    }

    /**
     * One minus the cosine of the angle where the target is 1, {@code max(0, cosine - margin)} where it is -1.
     *
     * @param input1 (B, n)
     * @param input2 (B, n)
     * @param target (B)
     */
    public static Tensor cosineEmbeddingLoss(
            Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
        return NeuralOps.cosineEmbeddingLoss(input1, input2, target, margin, reduction);
    }

    /** {@link #tripletMarginLoss(Tensor, Tensor, Tensor, double, double, double, boolean, Reduction)} with PyTorch's defaults. */
    public static Tensor tripletMarginLoss(Tensor anchor, Tensor positive, Tensor negative) {
        return tripletMarginLoss(anchor, positive, negative, 1, 2, 1e-6, false, Reduction.MEAN);
    }

    /**
     * {@code max(0, d(anchor, positive) - d(anchor, negative) + margin)}.
     *
     * @param p the norm of the distance
     * @param eps added to the differences
     * @param swap whether the nearer of anchor and positive counts for the negative
     */
    public static Tensor tripletMarginLoss(
            Tensor anchor,
            Tensor positive,
            Tensor negative,
            double margin,
            double p,
            double eps,
            boolean swap,
            Reduction reduction) {
        return NeuralOps.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, reduction);
    }

    /**
     * Connectionist temporal classification: Graves et al. (2006).
     *
     * @param logProbs logarithms of probabilities (T, B, C)
     * @param targets (B, S) INT64, or all of them one after the other
     * @param inputLengths how many of T count, for each example
     * @param targetLengths how many of S count, for each example
     * @param blank the class of the blank
     * @param zeroInfinity whether losses that are infinite, since an input is too short, count as 0
     */
    public static Tensor ctcLoss(
            Tensor logProbs,
            Tensor targets,
            long[] inputLengths,
            long[] targetLengths,
            long blank,
            Reduction reduction,
            boolean zeroInfinity) {
        return NeuralOps.ctcLoss(logProbs, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity);
    }

    /**
     * Cross entropy that counts less where the prediction is already right: Lin et al., "Focal Loss for Dense Object
     * Detection" (2017), equation 5, as in torchvision's {@code sigmoid_focal_loss}.
     *
     * @param input scores
     * @param target 0 or 1
     * @param alpha weight of the ones, the zeros have one minus it; negative for none
     * @param gamma how much less, 0 for the plain cross entropy
     */
    public static Tensor sigmoidFocalLoss(
            Tensor input, Tensor target, double alpha, double gamma, Reduction reduction) {
        Tensor p = input.sigmoid();
        Tensor loss = binaryCrossEntropyWithLogits(input, target, null, null, Reduction.NONE);
        Tensor right = p.mul(target).add(p.neg().add(1L).mul(target.neg().add(1L)));
        loss = loss.mul(right.neg().add(1L).pow(gamma));
        if (alpha >= 0) {
            loss = target.mul(alpha).add(target.neg().add(1L).mul(1 - alpha)).mul(loss);
        }
        return reduce(loss, reduction);
    }

    private static Tensor reduce(Tensor loss, Reduction reduction) {
        return switch (reduction) {
            case NONE -> loss;
            case MEAN -> loss.mean();
            case SUM -> loss.sum();
        };
    }
}
