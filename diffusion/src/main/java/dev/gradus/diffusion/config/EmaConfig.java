package dev.gradus.diffusion.config;

/**
 * The exponential moving average of the weights, which is what gets sampled.
 *
 * @param decay the weight of the past in the long run
 * @param warmup whether the decay at step s (from 0) is min(decay, (1 + s) / (10 + s)), so that short runs forget
 *     their random initialisation
 */
public record EmaConfig(double decay, boolean warmup) {
    public EmaConfig {
        Check.below("ema.decay", decay, 0, 1);
    }

    public static EmaConfig defaults() {
        return new EmaConfig(0.999, true);
    }

    /** The decay at a step, counted from 0. */
    public double decayAt(long step) {
        return warmup ? Math.min(decay, (1.0 + step) / (10.0 + step)) : decay;
    }
}
