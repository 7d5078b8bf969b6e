package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.schedule.NoiseLevel;

/** Relative entropies of mixtures by sums over a grid: the trapezoidal rule, whose error for such densities is tiny. */
final class Integration {
    /** Beyond the outermost point by as many standard deviations the densities are below 1e-17. */
    private static final double TAIL = 9;

    private Integration() {}

    /**
     * D_KL(q_{t-1} || q_t) for points of a line or a plane.
     *
     * @param spacing of the grid, well below both sigmas
     */
    static double relativeEntropy(Transition t, Points points, double spacing) {
        double end = 1 + TAIL * Math.max(t.before().sigma(), t.after().sigma());
        int steps = (int) Math.ceil(end / spacing);
        boolean plane = points.width() == 2;
        double sum = 0;
        for (int i = -steps; i <= steps; i++) {
            for (int j = plane ? -steps : 0; j <= (plane ? steps : 0); j++) {
                double x = i * spacing;
                double y = j * spacing;
                double q = density(points, x, y, t.before());
                if (q > 1e-300) {
                    sum += q * Math.log(q / density(points, x, y, t.after()));
                }
            }
        }
        return sum * (plane ? spacing * spacing : spacing);
    }

    private static double density(Points points, double x, double y, NoiseLevel level) {
        double alpha = level.alpha();
        double sigma = level.sigma();
        double sum = 0;
        for (float[] point : points.values()) {
            double dx = x - alpha * point[0];
            double dy = point.length > 1 ? y - alpha * point[1] : 0;
            sum += Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
        }
        return sum / points.values().length / Math.pow(2 * Math.PI * sigma * sigma, points.width() / 2.0);
    }
}
