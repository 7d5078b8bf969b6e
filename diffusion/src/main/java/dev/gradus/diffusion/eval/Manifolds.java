package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores from nearest neighbours. Around each image lies a ball that reaches to its k-th nearest neighbour in its own
 * set; the balls of a set cover the region that it lives in.
 *
 * <p>Precision is the share of generated images in the region of the reference, recall the share of reference images in
 * that of the generated ones (Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative
 * Models", arXiv 1904.06991, Eq. 2; k = 3 there). Density counts in how many balls of the reference a generated image
 * lies, divided by k; coverage is the share of balls of the reference that hold a generated image (Naeem et al.,
 * "Reliable Fidelity and Diversity Metrics for Generative Models", arXiv 2002.09797, Eq. 3 and 4; k = 5 there). As in the
 * authors' programs a ball has its border for the first two and not for the last two.
 *
 * <p>Distances are computed in chunks of 32 MiB. Keeps the reference in float64 (by its own memory where it has that type and
 * is on the CPU) with its radii; close it to free them.
 */
public final class Manifolds implements AutoCloseable {
    private final Tensor reference;
    private final Tensor precisionRadii;
    private final Tensor densityRadii;
    private final int precisionNeighbours;
    private final int densityNeighbours;

    /**
     * The four scores, each from 0 to 1 but for density, which has no upper bound and is 1 on average where both sets
     * are of one distribution.
     */
    public record Scores(double precision, double recall, double density, double coverage) {}

    /**
     * Finds the balls of the reference.
     *
     * @param reference (N, D), N above both numbers of neighbours
     * @param precisionNeighbours k for precision and recall
     * @param densityNeighbours k for density and coverage
     */
    public Manifolds(Tensor reference, int precisionNeighbours, int densityNeighbours) {
        if (precisionNeighbours < 1 || densityNeighbours < 1) {
            throw new IllegalArgumentException("the number of neighbours must be at least 1, is "
                    + Math.min(precisionNeighbours, densityNeighbours));
        }
        this.precisionNeighbours = precisionNeighbours;
        this.densityNeighbours = densityNeighbours;
        try (TensorScope scope = TensorScope.open()) {
            int most = Math.max(precisionNeighbours, densityNeighbours);
            this.reference = scope.keep(Matrices.checked(reference, "features of the reference", most + 1));
            List<Tensor> radii = radii(this.reference, precisionNeighbours, densityNeighbours);
            precisionRadii = scope.keep(radii.get(0));
            densityRadii = scope.keep(radii.get(1));
        }
    }

    /** N. */
    public long size() {
        return reference.size(0);
    }

    /**
     * Compares generated images with the reference.
     *
     * @param generated (M, D), M above the number of neighbours for recall
     */
    public Scores of(Tensor generated) {
        try (var _ = TensorScope.open()) {
            Tensor fake = Matrices.checked(generated, "features of generated images", precisionNeighbours + 1L);
            Matrices.requireSameWidth(fake, reference);
            Tensor fakeRadii = radii(fake, precisionNeighbours).getFirst();
            long real = reference.size(0);
            long precise = 0;
            long inBalls = 0;
            Tensor recalled = Torch.zeros(TensorOptions.of(DType.BOOL), real);
            Tensor covered = Torch.zeros(TensorOptions.of(DType.BOOL), real);
            long step = Matrices.rowsAtOnce(real);
            for (long start = 0; start < fake.size(0); start += step) {
                try (var _ = TensorScope.open()) {
                    long rows = Math.min(step, fake.size(0) - start);
                    Tensor distances = squaredDistances(fake.narrow(0, start, rows), reference);
                    precise += distances.le(precisionRadii).any(1, false).sum().itemLong();
                    Tensor inside = distances.lt(densityRadii);
                    inBalls += inside.sum().itemLong();
                    covered.logicalOr_(inside.any(0, false));
                    Tensor own = fakeRadii.narrow(0, start, rows).unsqueeze(1);
                    recalled.logicalOr_(distances.le(own).any(0, false));
                }
            }
            double count = fake.size(0);
            return new Scores(
                    precise / count,
                    recalled.sum().itemLong() / (double) real,
                    inBalls / (densityNeighbours * count),
                    covered.sum().itemLong() / (double) real);
        }
    }

    /** The squared distances from each row to the k-th nearest other one, for each k: (N) each. */
    private static List<Tensor> radii(Tensor features, int... neighbours) {
        int most = 0;
        for (int k : neighbours) {
            most = Math.max(most, k);
        }
        long count = features.size(0);
        List<Tensor> radii = new ArrayList<>();
        for (int _ : neighbours) {
            radii.add(Torch.zeros(TensorOptions.of(DType.FLOAT64), count));
        }
        long step = Matrices.rowsAtOnce(count);
        for (long start = 0; start < count; start += step) {
            try (var _ = TensorScope.open()) {
                long rows = Math.min(step, count - start);
                Tensor distances = squaredDistances(features.narrow(0, start, rows), features);
                // The nearest of all is the row itself.
                Tensor nearest = distances.topk(most + 1L, 1, false).values();
                for (int i = 0; i < neighbours.length; i++) {
                    radii.get(i).narrow(0, start, rows).copy_(nearest.get("..., " + neighbours[i]));
                }
            }
        }
        return radii;
    }

    /** |x|^2 - 2 x . y + |y|^2 for all pairs of rows, at least 0. */
    private static Tensor squaredDistances(Tensor x, Tensor y) {
        Tensor result = x.matmul(y.transpose(0, 1)).mul_(-2.0);
        result.add_(x.square().sum(1L).unsqueeze(1)).add_(y.square().sum(1L));
        return result.clampMin_(0.0);
    }

    @Override
    public void close() {
        reference.close();
        precisionRadii.close();
        densityRadii.close();
    }
}
