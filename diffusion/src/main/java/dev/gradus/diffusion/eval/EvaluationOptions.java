package dev.gradus.diffusion.eval;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What to measure, and the constants of the metrics.
 *
 * @param metrics empty: all that the features allow
 * @param keptImages how many images of either kind KID and the scores from neighbours use at the most; their features stay
 *     in memory. FID and the Inception Score use all
 * @param kidSubsets how many subsets KID draws for its spread
 * @param kidSubsetSize images of either kind in each; fewer where there are fewer
 * @param splits parts of the Inception Score
 * @param precisionNeighbours k of precision and recall
 * @param densityNeighbours k of density and coverage
 */
public record EvaluationOptions(
        Set<Metric> metrics,
        int keptImages,
        int kidSubsets,
        int kidSubsetSize,
        int splits,
        int precisionNeighbours,
        int densityNeighbours) {

    public EvaluationOptions {
        metrics = metrics.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(metrics));
        atLeast("keptImages", keptImages, 2);
        atLeast("kidSubsets", kidSubsets, 1);
        atLeast("kidSubsetSize", kidSubsetSize, 2);
        atLeast("splits", splits, 1);
        atLeast("precisionNeighbours", precisionNeighbours, 1);
        atLeast("densityNeighbours", densityNeighbours, 1);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", is " + value);
        }
    }

    /** All metrics with the constants of their papers: 100 subsets of 1,000, 10 splits, k = 3 and 5; 10,000 kept images. */
    public static EvaluationOptions defaults() {
        return new EvaluationOptions(Set.of(), 10_000, 100, 1_000, 10, 3, 5);
    }

    /** The same with other metrics. */
    public EvaluationOptions withMetrics(Set<Metric> value) {
        return new EvaluationOptions(
                value, keptImages, kidSubsets, kidSubsetSize, splits, precisionNeighbours, densityNeighbours);
    }

    /** The same with another number of kept images. */
    public EvaluationOptions withKeptImages(int value) {
        return new EvaluationOptions(
                metrics, value, kidSubsets, kidSubsetSize, splits, precisionNeighbours, densityNeighbours);
    }
}
