package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.curriculum.Difficulty;
import dev.gradus.diffusion.curriculum.TimestepRange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The validation curves of all models.
 *
 * @param plan what was trained
 * @param clusters from the least noise to the most
 * @param curves for each cluster those of its seeds; all have the same steps
 */
public record ConvergenceResult(
        ConvergencePlan plan, List<TimestepRange> clusters, List<List<ValidationCurve>> curves) {
    public ConvergenceResult {
        clusters = List.copyOf(clusters);
        curves = curves.stream().map(List::copyOf).toList();
    }

    /** A number of a cluster's curves over the seeds. */
    public Spread over(int cluster, ToDoubleFunction<ValidationCurve> number) {
        return Spread.of(curves.get(cluster).stream().mapToDouble(number));
    }

    /** The steps that a cluster needs to come, and stay, within the plan's tolerance of its own end. */
    public Spread steps(int cluster) {
        return over(cluster, curve -> curve.stepsToConverge(plan.tolerance()));
    }

    /**
     * The mean steps to converge as the difficulty of each cluster. Where no seed's loss fell the cluster counts as if it
     * needed all steps.
     */
    public Difficulty difficulty() {
        List<Difficulty.Interval> intervals = new ArrayList<>();
        for (int i = 0; i < clusters.size(); i++) {
            double mean = steps(i).mean();
            double steps = Double.isNaN(mean) ? plan.config().steps() : mean;
            intervals.add(new Difficulty.Interval(
                    clusters.get(i).from(), clusters.get(i).to(), steps));
        }
        return new Difficulty(intervals);
    }
}
