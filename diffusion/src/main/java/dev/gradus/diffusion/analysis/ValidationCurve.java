package dev.gradus.diffusion.analysis;

import java.util.ArrayList;
import java.util.List;

/**
 * The loss on images held out, over the steps of a training.
 *
 * @param points in the order of the steps, at least one
 */
public record ValidationCurve(List<Point> points) {
    /**
     * @param step steps done
     * @param loss the mean over the images held out
     */
    public record Point(long step, double loss) {}

    public ValidationCurve {
        points = List.copyOf(points);
        if (points.isEmpty()) {
            throw new IllegalArgumentException("a curve needs at least one point");
        }
    }

    /** The loss at the first point. */
    public double start() {
        return points.getFirst().loss();
    }

    /** The loss at the last point. */
    public double end() {
        return points.getLast().loss();
    }

    /** The losses scaled so that the first one is 1 and the last one is 0; NaN where the last one is not below the first. */
    public double[] normalised() {
        double range = start() - end();
        return points.stream()
                .mapToDouble(point -> range > 0 ? (point.loss() - end()) / range : Double.NaN)
                .toArray();
    }

    /**
     * The step from which on the loss stays within a tolerance of its end, between two points by linear interpolation.
     *
     * @param tolerance as a part of what the loss falls in all, between 0 and 1
     * @return NaN where the loss did not fall
     */
    public double stepsToConverge(double tolerance) {
        double[] normalised = normalised();
        if (Double.isNaN(normalised[0])) {
            return Double.NaN;
        }
        int first = normalised.length - 1;
        while (first > 0 && Math.abs(normalised[first - 1]) <= tolerance) {
            first--;
        }
        // The first point is at 1 and so outside.
        double outside = Math.abs(normalised[first - 1]);
        double part = (outside - tolerance) / (outside - Math.abs(normalised[first]));
        long from = points.get(first - 1).step();
        return from + part * (points.get(first).step() - from);
    }

    /** The points up to a step, in a list that can grow. */
    static List<Point> upTo(List<Point> points, long step) {
        return new ArrayList<>(
                points.stream().filter(point -> point.step() <= step).toList());
    }
}
