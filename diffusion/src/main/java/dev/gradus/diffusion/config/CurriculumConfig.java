package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * Which noise levels are trained when. The rules are those of Kim et al., "Denoising Task Difficulty-based Curriculum for
 * Training Diffusion Models" (arXiv 2403.10348).
 *
 * @param order the order in which the clusters of times are trained; {@code none} trains all from the start
 * @param cumulative whether a stage keeps the clusters of the stages before it; else it trains its own alone, and one more
 *     stage trains all
 * @param clustering {@code uniform}: equal lengths of t; {@code snr}: quantiles of what training draws, or equal lengths of
 *     log-SNR on a discrete schedule; {@code difficulty}: equal difficulty, as {@code gradus analyze} measured it
 * @param difficulty the JSON file that {@code gradus analyze} wrote. Used by {@code difficulty}.
 * @param clusters N, the number of clusters
 * @param only the number of a cluster, from 0 for the lowest noise, to train for the whole run and nothing else: an expert,
 *     as the analysis of difficulty needs it; null for the curriculum
 * @param pacing what ends a stage
 * @param patience tau; a stage ends when the count of steps without an improvement of the loss exceeds it. Used by
 *     {@code patience}.
 * @param stepsPerStage training steps in each stage. Used by {@code fixed}.
 * @param smoothing weight of the past in the exponential average of the loss that the patience rule looks at; 0 is off
 *     and the paper's rule
 */
public record CurriculumConfig(
        Order order,
        boolean cumulative,
        Clustering clustering,
        String difficulty,
        int clusters,
        Integer only,
        Pacing pacing,
        int patience,
        int stepsPerStage,
        double smoothing) {
    public enum Order {
        EASY_TO_HARD,
        NONE,
        HARD_TO_EASY,
        RANDOM
    }

    public enum Clustering {
        UNIFORM,
        SNR,
        DIFFICULTY
    }

    public enum Pacing {
        PATIENCE,
        FIXED
    }

    public CurriculumConfig {
        Check.present("curriculum.order", order);
        Check.present("curriculum.clustering", clustering);
        if (clustering == Clustering.DIFFICULTY && (difficulty == null || difficulty.isBlank())) {
            throw new ConfigException(
                    "curriculum.difficulty",
                    "must name a JSON file that 'gradus analyze' wrote when curriculum.clustering is difficulty");
        }
        Check.range("curriculum.clusters", clusters, 1, Integer.MAX_VALUE);
        if (only != null) {
            Check.range("curriculum.only", only, 0, clusters - 1);
        }
        Check.present("curriculum.pacing", pacing);
        Check.range("curriculum.patience", patience, 0, Integer.MAX_VALUE);
        Check.range("curriculum.stepsPerStage", stepsPerStage, 1, Integer.MAX_VALUE);
        Check.below("curriculum.smoothing", smoothing, 0, 1);
    }

    /** Easy to hard with the paper's 20 clusters and patience of 200. */
    public static CurriculumConfig defaults() {
        return new CurriculumConfig(
                Order.EASY_TO_HARD, true, Clustering.UNIFORM, null, 20, null, Pacing.PATIENCE, 200, 100, 0);
    }

    /**
     * A copy with one value changed, as {@link TrainConfig#with}.
     *
     * @param key without {@code curriculum.}
     */
    public CurriculumConfig with(String key, Object value) {
        return Copies.with(this, key, value);
    }
}
