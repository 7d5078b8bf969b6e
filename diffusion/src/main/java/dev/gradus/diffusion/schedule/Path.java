package dev.gradus.diffusion.schedule;

/** The curve (alpha, sigma) that a schedule runs along, and its tangent. */
public enum Path {
    /** alpha = 1 - t, sigma = t: the straight line from image to noise (Lipman et al., arXiv 2210.02747; Liu et al., 2209.03003). */
    STRAIGHT,
    /**
     * alpha = cos(pi t / 2), sigma = sin(pi t / 2) (Albergo and Vanden-Eijnden, arXiv 2209.15571). The tangent is with
     * respect to t, which gives it the length pi / 2.
     */
    COSINE,
    /** alpha^2 + sigma^2 = 1, whatever the speed in t. The tangent has the length 1, and is v of Salimans and Ho. */
    CIRCLE,
    /** alpha = 1: noise is added and the image stays (Karras et al., arXiv 2206.00364). The tangent is with respect to sigma. */
    ADDITIVE;

    /**
     * The level of the path with a log-SNR.
     *
     * @param t the time that it belongs to
     * @param logSnr finite
     */
    NoiseLevel at(double t, double logSnr) {
        double ratio = Math.exp(-logSnr / 2);
        return switch (this) {
            case STRAIGHT -> new NoiseLevel(t, 1 / (1 + ratio), ratio / (1 + ratio));
            case COSINE, CIRCLE -> new NoiseLevel(t, 1 / Math.hypot(1, ratio), ratio / Math.hypot(1, ratio));
            case ADDITIVE -> new NoiseLevel(t, 1, ratio);
        };
    }

    /** The parameter of the curve that its tangent is with respect to: sigma, or the angle, which {@link #COSINE} scales to 1. */
    public double parameter(NoiseLevel level) {
        return switch (this) {
            case STRAIGHT, ADDITIVE -> level.sigma();
            case COSINE -> Math.atan2(level.sigma(), level.alpha()) * 2 / Math.PI;
            case CIRCLE -> Math.atan2(level.sigma(), level.alpha());
        };
    }

    /** The derivative of alpha at a level. */
    public double alphaDerivative(NoiseLevel level) {
        return switch (this) {
            case STRAIGHT -> -1;
            case COSINE -> -Math.PI / 2 * level.sigma();
            case CIRCLE -> -level.sigma();
            case ADDITIVE -> 0;
        };
    }

    /** The derivative of sigma at a level. */
    public double sigmaDerivative(NoiseLevel level) {
        return switch (this) {
            case STRAIGHT, ADDITIVE -> 1;
            case COSINE -> Math.PI / 2 * level.alpha();
            case CIRCLE -> level.alpha();
        };
    }
}
