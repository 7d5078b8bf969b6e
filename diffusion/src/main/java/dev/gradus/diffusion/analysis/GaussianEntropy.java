package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.DType;
import dev.gradus.torch.Eigen;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/**
 * The relative entropy D_KL(q_{t-1} || q_t) in closed form for data that are Gaussian: with mean mu and a covariance of
 * eigenvalues lambda_k, q_t = N(alpha_t mu, alpha_t^2 Sigma + sigma_t^2 I), and with v_k(t) = alpha_t^2 lambda_k + sigma_t^2
 *
 * <pre>D = 1/2 sum_k [r_k - 1 - ln r_k + (alpha_{t-1} - alpha_t)^2 mu_k^2 / v_k(t)],  r_k = v_k(t-1) / v_k(t).</pre>
 */
public final class GaussianEntropy {
    /** A covariance, its copy, its eigenvectors, and two more as the working memory of the eigensolver; float64. */
    private static final long MATRICES = 5;

    private final double[] eigenvalues;
    private final double[] mean;

    /**
     * @param eigenvalues lambda_k of the covariance; below 0 by rounding counts as 0
     * @param mean mu_k, the mean in the basis of the eigenvectors
     */
    public GaussianEntropy(double[] eigenvalues, double[] mean) {
        if (eigenvalues.length != mean.length || mean.length == 0) {
            throw new IllegalArgumentException(
                    eigenvalues.length + " eigenvalues do not go with a mean of " + mean.length + " dimensions");
        }
        this.eigenvalues = eigenvalues.clone();
        this.mean = mean.clone();
        for (int k = 0; k < eigenvalues.length; k++) {
            this.eigenvalues[k] = Math.max(0, eigenvalues[k]);
        }
    }

    /** The bytes that {@link #fit} needs for images of this size. */
    public static long memory(ImageDataset dataset) {
        long dimension = DataRows.dimension(dataset);
        return MATRICES * Double.BYTES * dimension * dimension;
    }

    /**
     * The Gaussian with the mean and the covariance (over n) of the images.
     *
     * @param listener hears how many images are read
     */
    public static GaussianEntropy fit(ImageDataset dataset, EntropyOptions options, AnalysisListener listener) {
        int dimension = DataRows.dimension(dataset);
        int block = BlockPlan.within(options.memory(), dimension, 1, options.imagesOf(dataset), 0)
                .images();
        try (var _ = TensorScope.open();
                DataRows rows = new DataRows(dataset, options.imagesOf(dataset), block, options.device())) {
            TensorOptions wide = TensorOptions.of(DType.FLOAT64).device(options.device());
            Tensor mean = Torch.zeros(wide, dimension);
            Tensor covariance = Torch.zeros(wide, dimension, dimension);
            rows.forEachBlock((images, done) -> {
                mean.add_(images.sum(0));
                covariance.addmm_(images.t(), images);
                listener.update("Measuring mean and covariance", done, rows.count());
            });
            mean.div_(rows.count());
            covariance.div_(rows.count()).addmm_(mean.unsqueeze(1), mean.unsqueeze(0), 1.0, -1.0);
            Eigen eigen = Linalg.eigh(covariance);
            return new GaussianEntropy(
                    eigen.eigenvalues().toDoubleArray(),
                    eigen.eigenvectors().t().matmul(mean).toDoubleArray());
        }
    }

    /** The relative entropy, in nats. */
    public double of(Transition transition) {
        NoiseLevel before = transition.before();
        NoiseLevel after = transition.after();
        double alphaChange = (before.alpha() - after.alpha()) * (before.alpha() + after.alpha());
        double sigmaChange = (before.sigma() - after.sigma()) * (before.sigma() + after.sigma());
        double sum = 0;
        for (int k = 0; k < mean.length; k++) {
            double variance = after.alpha() * after.alpha() * eigenvalues[k] + after.sigma() * after.sigma();
            double shift = (before.alpha() - after.alpha()) * mean[k];
            sum += Excess.ofDifference((alphaChange * eigenvalues[k] + sigmaChange) / variance)
                    + shift * shift / variance;
        }
        return sum / 2;
    }
}
