package dev.gradus.diffusion.eval;

import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;

/**
 * The Frechet distance of two Gaussians with the moments of two sets of features: FID (Heusel et al., "GANs Trained by a
 * Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", arXiv 1706.08500, Eq. 6).
 *
 * <p>It is biased: with fewer images it is larger, so compare only values of equal counts.
 */
public final class FrechetDistance implements AutoCloseable {
    private final Tensor mean;
    private final Tensor factor;
    private final double trace;

    /** Keeps what is needed of the reference; its tensors may be closed afterwards. */
    public FrechetDistance(Moments reference) {
        try (TensorScope scope = TensorScope.open()) {
            mean = scope.keep(reference.mean().clone());
            factor = scope.keep(SymmetricMatrix.factor(reference.covariance()).contiguous());
            trace = reference.covariance().trace().item();
        }
    }

    /**
     * |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2)), at least 0.
     *
     * <p>The last trace is that of (S1^(1/2) S2 S1^(1/2))^(1/2), which is symmetric. It is the sum of the singular values
     * of F1^T F2 with F F^T = S; found like this, the eigenvalues are not squared on the way, and covariances of fewer
     * images than features lose no digits.
     *
     * @throws IllegalArgumentException if the dimensions differ, or a covariance is none
     */
    public double to(Moments generated) {
        if (generated.dims() != mean.numel()) {
            throw new IllegalArgumentException(
                    "moments of " + generated.dims() + " features cannot be compared with those of " + mean.numel()
                            + "; both must come from the same extractor");
        }
        try (var _ = TensorScope.open()) {
            Tensor other = SymmetricMatrix.factor(generated.covariance());
            double root = factor.size(1) == 0 || other.size(1) == 0
                    ? 0
                    : Linalg.svdvals(factor.transpose(0, 1).matmul(other)).sum().item();
            double means = generated.mean().sub(mean).square().sum().item();
            return Math.max(0, means + trace + generated.covariance().trace().item() - 2 * root);
        }
    }

    /** The distance of two sets of moments, in either order. */
    public static double between(Moments generated, Moments reference) {
        try (FrechetDistance distance = new FrechetDistance(reference)) {
            return distance.to(generated);
        }
    }

    @Override
    public void close() {
        mean.close();
        factor.close();
    }
}
