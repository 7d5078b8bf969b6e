package dev.gradus.diffusion.analysis;

/**
 * The mean of independent draws.
 *
 * @param value the mean
 * @param standardError the standard deviation of the draws over the root of their number
 */
public record Estimate(double value, double standardError) {
    /** The 97.5 percent quantile of the standard normal distribution. */
    private static final double Z = 1.959963984540054;

    /** The mean and standard error of at least two draws. */
    static Estimate of(double[] draws) {
        double sum = 0;
        for (double draw : draws) {
            sum += draw;
        }
        double mean = sum / draws.length;
        double squares = 0;
        for (double draw : draws) {
            squares += (draw - mean) * (draw - mean);
        }
        return new Estimate(mean, Math.sqrt(squares / (draws.length - 1) / draws.length));
    }

    /** The lower end of the 95 percent interval by the normal distribution, but at least 0, as a relative entropy is. */
    public double low() {
        return Math.max(0, value - Z * standardError);
    }

    /** The upper end of the 95 percent interval by the normal distribution. */
    public double high() {
        return value + Z * standardError;
    }
}
