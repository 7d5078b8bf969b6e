package dev.gradus.diffusion.config;

/**
 * What happens to a step whose loss or gradient is not finite, or whose loss explodes: it is left out, so that weights
 * and the optimizer's state are as they were before it, and it is counted.
 *
 * @param stopAfter how many such steps in a row end the run
 * @param spike how many times the running average of the loss a loss must be to count as exploding; 0 for never
 */
public record DivergenceConfig(int stopAfter, double spike) {
    public DivergenceConfig {
        Check.range("divergence.stopAfter", stopAfter, 1, Integer.MAX_VALUE);
        Check.notNegative("divergence.spike", spike);
    }

    /** Ten steps in a row; a loss of a hundred times the average. */
    public static DivergenceConfig defaults() {
        return new DivergenceConfig(10, 100);
    }
}
