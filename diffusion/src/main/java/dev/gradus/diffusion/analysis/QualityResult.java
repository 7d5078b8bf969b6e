package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.analysis.ValidationCurve.Point;
import dev.gradus.diffusion.curriculum.TimestepRange;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the quality of images follows the training of experts.
 *
 * @param metric the name of the score, with its features
 * @param images how many images each score is from
 * @param ranges the times of each cluster
 * @param points all scores, that of the full model among them
 */
public record QualityResult(String metric, long images, Map<Integer, TimestepRange> ranges, List<QualityPoint> points) {
    public QualityResult {
        ranges = Map.copyOf(ranges);
        points = List.copyOf(points);
    }

    /** The score of the full model alone. */
    public double fullModel() {
        return points.stream()
                .filter(point -> point.cluster() == QualityPoint.FULL_MODEL)
                .mapToDouble(QualityPoint::score)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** For each cluster and the seed of its expert the score over the steps. */
    public Map<Integer, Map<Long, ValidationCurve>> curves() {
        Map<Integer, Map<Long, ValidationCurve>> curves = new TreeMap<>();
        for (int cluster : ranges.keySet()) {
            Map<Long, ValidationCurve> seeds = new TreeMap<>();
            points.stream()
                    .filter(point -> point.cluster() == cluster)
                    .mapToLong(QualityPoint::seed)
                    .distinct()
                    .forEach(seed -> seeds.put(seed, curve(cluster, seed)));
            curves.put(cluster, seeds);
        }
        return curves;
    }

    private ValidationCurve curve(int cluster, long seed) {
        return new ValidationCurve(points.stream()
                .filter(point -> point.cluster() == cluster && point.seed() == seed)
                .map(point -> new Point(point.step(), point.score()))
                .toList());
    }
}
