package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.stream.LongStream;

/**
 * KID: the squared maximum mean discrepancy of two sets of features with the kernel k(x, y) = (x . y / D + 1)^3
 * (Binkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs", arXiv 1801.01401, section 4).
 *
 * <p>The estimate is unbiased: its mean does not depend on the number of images, and where both sets are of one
 * distribution it is 0, so single values may be negative.
 */
public final class KernelDistance implements AutoCloseable {
    private final Tensor reference;
    private double withinReference = Double.NaN;

    /**
     * Keeps the reference in float64, by its own memory where it has that type and is on the CPU.
     *
     * @param reference (N, D), N at least 2
     * @throws IllegalArgumentException if the shape does not fit or a value is not finite
     */
    public KernelDistance(Tensor reference) {
        try (TensorScope scope = TensorScope.open()) {
            this.reference = scope.keep(Matrices.checked(reference, "features of the reference", 2));
        }
    }

    /**
     * What estimates on subsets tell.
     *
     * @param mean of the estimates
     * @param spread their standard deviation, with the divisor {@code subsets}
     * @param subsets how many there were
     * @param subsetSize images of each kind in each
     */
    public record Subsets(double mean, double spread, int subsets, int subsetSize) {}

    /**
     * The unbiased estimate from all images. Memory beside the features in float64: 64 MiB.
     *
     * @param generated (M, D), M at least 2
     * @throws IllegalArgumentException if the shape does not fit or a value is not finite
     */
    public double unbiased(Tensor generated) {
        try (var _ = TensorScope.open()) {
            Tensor x = checked(generated);
            if (Double.isNaN(withinReference)) {
                withinReference = within(reference);
            }
            return estimate(x, reference, withinReference);
        }
    }

    private Tensor checked(Tensor generated) {
        Tensor x = Matrices.checked(generated, "features of generated images", 2);
        Matrices.requireSameWidth(x, reference);
        return x;
    }

    /**
     * Estimates from subsets, each of {@code size} different images of either kind. They overlap, so the spread tells how
     * an estimate from {@code size} images varies, not how exact the mean is.
     *
     * @param size at most the number of images of either kind
     * @param seed determines which images are drawn
     */
    public Subsets overSubsets(Tensor generated, int subsets, int size, long seed) {
        return overSubsets(
                generated,
                draws(generated.size(0), subsets, size, seed),
                draws(reference.size(0), subsets, size, ~seed));
    }

    /** The images of each subset: the start of an order of all, each in its own. */
    private static long[][] draws(long images, int subsets, int size, long seed) {
        if (subsets < 1 || size < 2 || size > images) {
            throw new IllegalArgumentException("cannot draw " + subsets + " subsets of " + size + " out of " + images
                    + " images; there must be at least 1, and their size from 2 to the number of images");
        }
        long[][] result = new long[subsets][];
        for (int i = 0; i < subsets; i++) {
            ImageOrder order = new ImageOrder(images, seed + 0x9e3779b97f4a7c15L * i);
            result[i] = LongStream.range(0, size).map(order::at).toArray();
        }
        return result;
    }

    Subsets overSubsets(Tensor generated, long[][] ofGenerated, long[][] ofReference) {
        double[] estimates = new double[ofGenerated.length];
        try (var _ = TensorScope.open()) {
            Tensor x = checked(generated);
            for (int i = 0; i < estimates.length; i++) {
                try (var _ = TensorScope.open()) {
                    Tensor y = reference.indexSelect(0, Torch.tensor(ofReference[i]));
                    estimates[i] = estimate(x.indexSelect(0, Torch.tensor(ofGenerated[i])), y, within(y));
                }
            }
        }
        Spread spread = Spread.of(estimates);
        return new Subsets(spread.mean(), spread.deviation(), estimates.length, ofGenerated[0].length);
    }

    private static double estimate(Tensor x, Tensor y, double withinY) {
        return within(x) + withinY - 2 * sum(x, y) / ((double) x.size(0) * y.size(0));
    }

    /** The mean kernel of two different rows. */
    private static double within(Tensor x) {
        double count = x.size(0);
        try (var _ = TensorScope.open()) {
            double self = kernel(x.square().sum(1L), x.size(1)).sum().item();
            return (sum(x, x) - self) / (count * (count - 1));
        }
    }

    /** The sum of the kernel over all pairs of rows. */
    private static double sum(Tensor x, Tensor y) {
        long step = Matrices.rowsAtOnce(y.size(0));
        double sum = 0;
        for (long start = 0; start < x.size(0); start += step) {
            try (var _ = TensorScope.open()) {
                Tensor rows = x.narrow(0, start, Math.min(step, x.size(0) - start));
                sum += kernel(rows.matmul(y.transpose(0, 1)), x.size(1)).sum().item();
            }
        }
        return sum;
    }

    /** The kernel of products x . y, which become it. */
    private static Tensor kernel(Tensor products, long dims) {
        return products.div_((double) dims).add_(1.0).pow_(3L);
    }

    @Override
    public void close() {
        reference.close();
    }
}
