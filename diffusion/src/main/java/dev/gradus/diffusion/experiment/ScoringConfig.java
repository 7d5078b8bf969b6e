package dev.gradus.diffusion.experiment;

import dev.gradus.diffusion.eval.Metric;
import java.util.List;

/**
 * How the checkpoints of an experiment are scored. Each run is scored with the same noise, so that its curve moves by what was
 * learnt and not by luck.
 *
 * @param every training steps between two scores; divides the steps of every arm
 * @param count images drawn for each score, at least 2
 * @param seed of their noise
 * @param metrics what is measured
 */
public record ScoringConfig(int every, int count, long seed, List<Metric> metrics) {
    public ScoringConfig {
        metrics = List.copyOf(metrics);
        if (every < 1) {
            throw new IllegalArgumentException("scoring.every must be at least 1, is " + every);
        }
        if (count < 2) {
            throw new IllegalArgumentException("scoring.count must be at least 2, is " + count);
        }
        if (metrics.isEmpty()) {
            throw new IllegalArgumentException("scoring.metrics must name at least one metric");
        }
    }

    /** FID and KID of 1,000 images every 500 steps. */
    public static ScoringConfig defaults() {
        return new ScoringConfig(500, 1000, 0, List.of(Metric.FID, Metric.KID));
    }
}
