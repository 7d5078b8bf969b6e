package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;

/**
 * The Inception Score: exp(E_x KL(p(y|x) || p(y))), from the class probabilities that a classifier gives the generated
 * images (Salimans et al., "Improved Techniques for Training GANs", arXiv 1606.03498, section 4). It lies between 1 and
 * the number of classes. It does not look at the reference.
 *
 * @param mean over the splits
 * @param spread the standard deviation over the splits, with their number as divisor
 * @param splits how many parts the images were cut into
 */
public record InceptionScore(double mean, double spread, int splits) {
    /** How far the sum of an image's probabilities may be from 1: they come in float32. */
    private static final double TOLERANCE = 1e-3;

    /**
     * Scores images in the order they have: each split is a run of them, as even in size as it goes.
     *
     * @param probabilities (N, K): of each image the probability of each class
     * @param splits from 1 to N
     * @throws IllegalArgumentException if the rows are no probabilities
     */
    public static InceptionScore of(Tensor probabilities, int splits) {
        try (var _ = TensorScope.open()) {
            Tensor p = Matrices.checked(probabilities, "class probabilities", 1);
            long count = p.size(0);
            if (splits < 1 || splits > count) {
                throw new IllegalArgumentException(
                        "splits must be from 1 to the number of images, " + count + ", is " + splits);
            }
            if (p.lt(0.0).any().itemBoolean()
                    || p.sum(1L).sub(1.0).abs().gt(TOLERANCE).any().itemBoolean()) {
                throw new IllegalArgumentException(
                        "class probabilities must be at least 0 and sum to 1 for each image; are these logits?");
            }
            double[] scores = new double[splits];
            for (int i = 0; i < splits; i++) {
                long start = count * i / splits;
                scores[i] = score(p.narrow(0, start, count * (i + 1) / splits - start));
            }
            Spread spread = Spread.of(scores);
            return new InceptionScore(spread.mean(), spread.deviation(), splits);
        }
    }

    /** E KL(p(y|x) || p(y)) is the entropy of the mean less the mean of the entropies. */
    private static double score(Tensor p) {
        double divergence = entropy(p.mean(0L)) - entropy(p) / p.size(0);
        return Math.exp(divergence);
    }

    /** -sum p ln p, with 0 ln 0 = 0. */
    private static double entropy(Tensor p) {
        return -p.mul(p.clampMin(Double.MIN_NORMAL).log()).sum().item();
    }
}
