package dev.gradus.diffusion.eval;

import java.util.Arrays;
import java.util.Optional;

/** What can be measured. */
public enum Metric {
    /** {@link FrechetDistance}. */
    FID("fid", "FID", false, false, 2),
    /** {@link KernelDistance}: the value is that of all images, the spread that of the subsets. */
    KID("kid", "KID", false, false, 2),
    /** {@link InceptionScore}. */
    INCEPTION_SCORE("is", "IS", true, false, 1),
    /** {@link Manifolds.Scores#precision}. */
    PRECISION("precision", "precision", true, true, 1),
    /** {@link Manifolds.Scores#recall}. */
    RECALL("recall", "recall", true, true, 1),
    /** {@link Manifolds.Scores#density}. */
    DENSITY("density", "density", true, true, 1),
    /** {@link Manifolds.Scores#coverage}. */
    COVERAGE("coverage", "coverage", true, true, 1);

    private final String key;
    private final String label;
    private final boolean higherIsBetter;
    private final boolean ofNeighbours;
    private final int fewest;

    Metric(String key, String label, boolean higherIsBetter, boolean ofNeighbours, int fewest) {
        this.key = key;
        this.label = label;
        this.higherIsBetter = higherIsBetter;
        this.ofNeighbours = ofNeighbours;
        this.fewest = fewest;
    }

    /** Its name in options and JSON. */
    public String key() {
        return key;
    }

    /** Its name for people, to be followed by that of the features. */
    public String label() {
        return label;
    }

    /** Whether a larger value is the better one. */
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** The metric of this key; empty where there is none. */
    public static Optional<Metric> of(String key) {
        return Arrays.stream(values()).filter(metric -> metric.key.equals(key)).findFirst();
    }

    /** Whether {@link Manifolds} computes it. */
    boolean ofNeighbours() {
        return ofNeighbours;
    }

    /** How few images of either kind will do. */
    int fewest(EvaluationOptions options) {
        return ofNeighbours ? Math.max(options.precisionNeighbours(), options.densityNeighbours()) + 1 : fewest;
    }
}
