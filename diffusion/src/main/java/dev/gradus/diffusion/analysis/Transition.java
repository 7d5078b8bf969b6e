package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.schedule.NoiseLevel;

/**
 * Two neighbouring noise levels: q_{t-1}, the distribution of alpha_{t-1} x_0 + sigma_{t-1} eps, and q_t.
 *
 * @param before the one with less noise, but some
 * @param after the one with more
 */
public record Transition(NoiseLevel before, NoiseLevel after) {
    public Transition {
        if (before.sigma() <= 0 || after.sigma() <= 0) {
            throw new IllegalArgumentException("a sigma is 0 at t = " + (before.sigma() <= 0 ? before : after).t()
                    + ": without noise the distribution of a finite data set has no density");
        }
    }

    /** t, the time of the noisier level. */
    public double t() {
        return after.t();
    }

    /** sigma_{t-1} / sigma_t. */
    double sigmaRatio() {
        return before.sigma() / after.sigma();
    }

    /** (alpha_{t-1} - alpha_t) / sigma_t. */
    double shift() {
        return (before.alpha() - after.alpha()) / after.sigma();
    }

    /**
     * The relative entropy of N(alpha_{t-1} x_0, sigma_{t-1}^2 I) to N(alpha_t x_0, sigma_t^2 I), in nats.
     *
     * @param dimension of x_0
     * @param squaredNorm of x_0, or its mean over several x_0 for the mean of the relative entropy
     */
    double betweenImages(long dimension, double squaredNorm) {
        double change = (before.sigma() - after.sigma()) * (before.sigma() + after.sigma());
        double variance = after.sigma() * after.sigma();
        return 0.5 * (dimension * Excess.ofDifference(change / variance) + shift() * shift() * squaredNorm);
    }
}
