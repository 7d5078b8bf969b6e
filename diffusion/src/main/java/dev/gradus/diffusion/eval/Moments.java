package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;

/**
 * Mean and covariance of feature vectors.
 *
 * @param mean (D) float64
 * @param covariance (D, D) float64, symmetric, with the divisor {@code count - 1}
 * @param count how many vectors they are of
 */
public record Moments(Tensor mean, Tensor covariance, long count) {
    public Moments {
        long dims = mean.numel();
        if (mean.dim() != 1 || covariance.dim() != 2 || covariance.size(0) != dims || covariance.size(1) != dims) {
            throw new IllegalArgumentException("a mean " + Matrices.shape(mean) + " and a covariance "
                    + Matrices.shape(covariance) + " do not go together; they must be (D) and (D, D)");
        }
    }

    /** D. */
    public int dims() {
        return Math.toIntExact(mean.numel());
    }
}
