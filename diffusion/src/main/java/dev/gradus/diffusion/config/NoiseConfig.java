package dev.gradus.diffusion.config;

/**
 * Which noise levels ordinary training draws; a curriculum restricts that.
 *
 * @param distribution {@code uniform}: every t alike; {@code log-normal}: ln(sigma / alpha) is normal; {@code logit-normal}:
 *     the logit of t, scaled to (0, 1), is normal
 * @param mean of that normal distribution
 * @param deviation of that normal distribution
 * @param stratified whether the draws of a batch are spread evenly over the probability, which lowers the variance of the
 *     loss
 */
public record NoiseConfig(Distribution distribution, double mean, double deviation, boolean stratified) {
    public enum Distribution {
        UNIFORM,
        LOG_NORMAL,
        LOGIT_NORMAL
    }

    public NoiseConfig {
        Check.present("noise.distribution", distribution);
        Check.range("noise.mean", mean, -100.0, 100.0);
        Check.positive("noise.deviation", deviation);
    }

    /** Uniform in t. */
    public static NoiseConfig defaults() {
        return new NoiseConfig(Distribution.UNIFORM, 0, 1, false);
    }
}
