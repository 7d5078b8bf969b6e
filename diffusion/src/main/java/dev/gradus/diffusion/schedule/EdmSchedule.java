package dev.gradus.diffusion.schedule;

/**
 * Noise added to the image as it is (Karras et al., arXiv 2206.00364): alpha = 1 and sigma = e^t, so the time is ln
 * sigma. The network is told ln(sigma) / 4 (table 1, c_noise).
 */
public final class EdmSchedule implements NoiseSchedule {
    private final double sigmaMin;
    private final double sigmaMax;

    /**
     * @param sigmaMin greater than 0; 0.002 in the paper
     * @param sigmaMax greater than {@code sigmaMin}; 80 in the paper
     */
    public EdmSchedule(double sigmaMin, double sigmaMax) {
        if (!(sigmaMin > 0 && sigmaMax > sigmaMin && sigmaMax < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "sigma must rise from above 0 to a finite value, not from " + sigmaMin + " to " + sigmaMax);
        }
        this.sigmaMin = sigmaMin;
        this.sigmaMax = sigmaMax;
    }

    @Override
    public int timesteps() {
        return 0;
    }

    @Override
    public double tMin() {
        return Math.log(sigmaMin);
    }

    @Override
    public double tMax() {
        return Math.log(sigmaMax);
    }

    @Override
    public NoiseLevel at(double t) {
        requireTime(t);
        // The logarithm was rounded; the ends are what they were given as.
        double sigma = t == tMax() ? sigmaMax : t == tMin() ? sigmaMin : Math.exp(t);
        return new NoiseLevel(t, 1, sigma);
    }

    @Override
    public double timeOf(double logSnr) {
        return Math.clamp(-logSnr / 2, tMin(), tMax());
    }

    @Override
    public double networkTime(double t) {
        return t / 4;
    }

    @Override
    public Path path() {
        return Path.ADDITIVE;
    }
}
