package dev.gradus.diffusion.schedule;

import dev.gradus.diffusion.config.ScheduleConfig;

/**
 * A noise schedule over discrete timesteps 0 (least noise) to T - 1: x_t = alpha_t x_0 + sigma_t eps with alpha_t^2 +
 * sigma_t^2 = 1.
 */
public interface NoiseSchedule {
    /** T, at least 1. */
    int timesteps();

    /**
     * alpha_t^2, called alpha-bar by Ho et al. (arXiv 2006.11239, equation 4): a float32 value, in (0, 1) and falling in
     * t.
     *
     * @param t from 0 to T - 1
     */
    float alphaCumprod(int t);

    /** All {@link #alphaCumprod} in the order of t; the caller owns the array. */
    default float[] alphasCumprod() {
        float[] values = new float[timesteps()];
        for (int t = 0; t < values.length; t++) {
            values[t] = alphaCumprod(t);
        }
        return values;
    }

    /** The factor of the image at timestep t. */
    default double alpha(int t) {
        return Math.sqrt(alphaCumprod(t));
    }

    /** The factor of the noise at timestep t. */
    default double sigma(int t) {
        return Math.sqrt(1 - (double) alphaCumprod(t));
    }

    /** ln(alpha_t^2 / sigma_t^2). */
    default double logSnr(int t) {
        double alphaSquared = alphaCumprod(t);
        return Math.log(alphaSquared / (1 - alphaSquared));
    }

    /** The schedule that a configuration describes. */
    static NoiseSchedule of(ScheduleConfig config) {
        return switch (config.kind()) {
            case LINEAR -> BetaSchedule.linear(config.betaStart(), config.betaEnd(), config.timesteps());
            case COSINE -> BetaSchedule.cosine(config.timesteps());
        };
    }
}
