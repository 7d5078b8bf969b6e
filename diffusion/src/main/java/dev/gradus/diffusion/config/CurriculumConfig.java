package dev.gradus.diffusion.config;

/**
 * Which timesteps are trained when. The rules are those of Kim et al., "Denoising Task Difficulty-based Curriculum for
 * Training Diffusion Models" (arXiv 2403.10348).
 *
 * @param order the order in which the clusters of timesteps are added; {@code none} trains all from the start
 * @param clusters N, the number of equal intervals of timesteps, and of stages
 * @param pacing what ends a stage
 * @param patience tau; a stage ends when the count of steps without an improvement of the loss exceeds it. Used by
 *     {@code patience}.
 * @param stepsPerStage training steps in each stage. Used by {@code fixed}.
 * @param smoothing weight of the past in the exponential average of the loss that the patience rule looks at; 0 is off
 *     and the paper's rule
 */
public record CurriculumConfig(
        Order order, int clusters, Pacing pacing, int patience, int stepsPerStage, double smoothing) {
    public enum Order {
        EASY_TO_HARD,
        NONE,
        HARD_TO_EASY
    }

    public enum Pacing {
        PATIENCE,
        FIXED
    }

    public CurriculumConfig {
        Check.present("curriculum.order", order);
        Check.range("curriculum.clusters", clusters, 1, Integer.MAX_VALUE);
        Check.present("curriculum.pacing", pacing);
        Check.range("curriculum.patience", patience, 0, Integer.MAX_VALUE);
        Check.range("curriculum.stepsPerStage", stepsPerStage, 1, Integer.MAX_VALUE);
        Check.below("curriculum.smoothing", smoothing, 0, 1);
    }

    /** Easy to hard with the paper's 20 clusters and patience of 200. */
    public static CurriculumConfig defaults() {
        return new CurriculumConfig(Order.EASY_TO_HARD, 20, Pacing.PATIENCE, 200, 100, 0);
    }

    public CurriculumConfig withOrder(Order order) {
        return new CurriculumConfig(order, clusters, pacing, patience, stepsPerStage, smoothing);
    }
}
