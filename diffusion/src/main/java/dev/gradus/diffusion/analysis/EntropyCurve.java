package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.curriculum.Difficulty;
import dev.gradus.diffusion.data.ImageDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The relative entropy D_KL(q_{t-1} || q_t) over t.
 *
 * @param grid the times
 * @param points in the order of t
 * @param images how many images were the data set
 * @param dimension C * H * W
 * @param options how it was estimated
 */
public record EntropyCurve(
        TimeGrid grid, List<EntropyPoint> points, long images, int dimension, EntropyOptions options) {
    public EntropyCurve {
        points = List.copyOf(points);
    }

    /**
     * Estimates the curve, by {@link MixtureEntropy} and, where the budget of memory allows the covariance, {@link
     * GaussianEntropy}.
     *
     * @param cells where, each at least 1 and less than the grid's cells, rising
     * @throws IllegalArgumentException if there is no cell, one is not on the grid or has no noise, or the budget is too
     *     small for the size of the images
     */
    public static EntropyCurve estimate(
            ImageDataset dataset, TimeGrid grid, int[] cells, EntropyOptions options, AnalysisListener listener) {
        if (cells.length == 0 || cells[0] < 1 || cells[cells.length - 1] >= grid.cells()) {
            throw new IllegalArgumentException("the timesteps must lie in [1, " + (grid.cells() - 1)
                    + "] and be at least" + " one, are " + Arrays.toString(cells));
        }
        List<Transition> transitions =
                Arrays.stream(cells).mapToObj(grid::transition).toList();
        List<MixtureEstimate> mixture;
        try (MixtureEntropy entropy = new MixtureEntropy(dataset, transitions, options)) {
            mixture = entropy.estimate(listener);
        }
        boolean small = GaussianEntropy.memory(dataset) <= options.memory();
        GaussianEntropy gaussian = small ? GaussianEntropy.fit(dataset, options, listener) : null;
        List<EntropyPoint> points = new ArrayList<>();
        for (int i = 0; i < cells.length; i++) {
            Transition transition = transitions.get(i);
            points.add(new EntropyPoint(
                    cells[i], transition, mixture.get(i), small ? gaussian.of(transition) : Double.NaN));
        }
        return new EntropyCurve(grid, points, options.imagesOf(dataset), DataRows.dimension(dataset), options);
    }

    /** Whether the Gaussian estimate was computed. */
    public boolean hasGaussian() {
        return !Double.isNaN(points.getFirst().gaussian());
    }

    /**
     * The difficulty of each cell: the estimate at its step, between the points of the curve interpolated (the logarithm
     * of the value over that of the cell), outside them that of the next point.
     */
    public Difficulty difficulty() {
        List<Difficulty.Interval> cells = new ArrayList<>();
        for (int cell = 0; cell < grid.cells(); cell++) {
            cells.add(new Difficulty.Interval(grid.from(cell), grid.to(cell), value(cell)));
        }
        return new Difficulty(cells);
    }

    private double value(int cell) {
        int right = 0;
        while (right < points.size() && points.get(right).cell() < cell) {
            right++;
        }
        if (right == points.size()) {
            return value(points.getLast());
        }
        EntropyPoint after = points.get(right);
        if (right == 0 || after.cell() == cell) {
            return value(after);
        }
        EntropyPoint before = points.get(right - 1);
        double part = Math.log((double) cell / before.cell()) / Math.log((double) after.cell() / before.cell());
        double low = value(before);
        double high = value(after);
        return low > 0 && high > 0
                ? Math.exp((1 - part) * Math.log(low) + part * Math.log(high))
                : (1 - part) * low + part * high;
    }

    private static double value(EntropyPoint point) {
        return Math.max(0, point.mixture().chosen().value());
    }
}
