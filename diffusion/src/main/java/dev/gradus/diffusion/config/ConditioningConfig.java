package dev.gradus.diffusion.config;

/**
 * How a network that takes classes or texts is trained. Which of them it takes is said by {@code model.numClassEmbeds} and
 * {@code model.crossAttentionDim}.
 *
 * @param dropout the share of images whose class and text are left out, so that the network learns to do without them and
 *     guidance works (Ho and Salimans, arXiv 2207.12598, algorithm 1; 0.1 to 0.2 there)
 */
public record ConditioningConfig(double dropout) {
    public ConditioningConfig {
        Check.below("conditioning.dropout", dropout, 0, 1);
    }

    /** Nothing is left out. */
    public static ConditioningConfig defaults() {
        return new ConditioningConfig(0);
    }
}
