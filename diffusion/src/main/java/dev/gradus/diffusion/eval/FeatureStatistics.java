package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/**
 * Mean and covariance of features that come batch by batch, in float64.
 *
 * <p>Batches are merged by their centred sums of squares (Chan, Golub and LeVeque, "Updating formulae and a pairwise
 * algorithm for computing sample variances", 1979), so nothing cancels where the mean is large. Memory: one D x D matrix,
 * a second one when {@link #moments} is called, and two copies of the batch in float64; it does not grow with the number
 * of images. With D = 2048 and batches of 256 this is below 80 MiB.
 *
 * <p>Belongs to one thread; close it to free the matrix.
 */
public final class FeatureStatistics implements AutoCloseable {
    private final int dims;
    private final Tensor mean;
    private final Tensor scatter;
    private long count;

    /** @param dims D, the number of features of an image */
    public FeatureStatistics(int dims) {
        if (dims < 1) {
            throw new IllegalArgumentException("dims must be at least 1, is " + dims);
        }
        this.dims = dims;
        try (TensorScope scope = TensorScope.open()) {
            TensorOptions options = TensorOptions.of(DType.FLOAT64);
            mean = scope.keep(Torch.zeros(options, dims));
            scatter = scope.keep(Torch.zeros(options, dims, dims));
        }
    }

    /**
     * Adds the features of some images.
     *
     * @param features (B, D) of any floating point type, on any device
     * @throws IllegalArgumentException if they have another shape or are not finite; nothing is added then
     */
    public void add(Tensor features) {
        try (var _ = TensorScope.open()) {
            Tensor batch = Matrices.checked(features, "features", 1);
            if (batch.size(1) != dims) {
                throw new IllegalArgumentException("features must be (B, " + dims + "), are " + Matrices.shape(batch));
            }
            long added = batch.size(0);
            Tensor batchMean = batch.mean(0L);
            Tensor centred = batch.sub(batchMean);
            Tensor shift = batchMean.sub(mean);
            double weight = (double) added / (count + added);
            scatter.addmm_(centred.transpose(0, 1), centred);
            scatter.addr_(shift, shift, 1.0, count * weight);
            mean.add_(shift, weight);
            count += added;
        }
    }

    /** How many images were added. */
    public long count() {
        return count;
    }

    /**
     * The moments of all features so far; owned by the scope that is open.
     *
     * @throws IllegalStateException if there are fewer than two images
     */
    public Moments moments() {
        if (count < 2) {
            throw new IllegalStateException("a covariance needs at least 2 images, there are " + count);
        }
        return new Moments(mean.clone(), scatter.div(count - 1.0), count);
    }

    @Override
    public void close() {
        mean.close();
        scatter.close();
    }
}
