package dev.gradus.diffusion.schedule;

/**
 * A point of a noise schedule: x_t = alpha x_0 + sigma eps.
 *
 * @param t the time of the schedule that it belongs to
 * @param alpha the factor of the image, at least 0
 * @param sigma the factor of the noise, at least 0; not both are 0
 */
public record NoiseLevel(double t, double alpha, double sigma) {
    public NoiseLevel {
        if (!(alpha >= 0 && sigma >= 0 && alpha + sigma > 0 && alpha + sigma < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("no noise level has alpha " + alpha + " and sigma " + sigma
                    + "; both must be at least 0 and finite, and one greater than 0");
        }
    }

    /** The image itself, where sampling ends: alpha 1 and sigma 0. */
    public static NoiseLevel clean(double t) {
        return new NoiseLevel(t, 1, 0);
    }

    /** sigma / alpha: the noise on an image whose own factor is 1, which is the sigma of EDM. Infinite for pure noise. */
    public double ratio() {
        return sigma / alpha;
    }

    /** alpha^2 / sigma^2. Infinite for the image itself. */
    public double snr() {
        return (alpha / sigma) * (alpha / sigma);
    }

    /** ln(alpha^2 / sigma^2). */
    public double logSnr() {
        return 2 * (Math.log(alpha) - Math.log(sigma));
    }
}
