package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The relative entropy D_KL(q_{t-1} || q_t) between neighbouring marginals of a finite data set, q_t(x) = 1/n sum_i
 * N(x; alpha_t x_i, sigma_t^2 I), by Monte Carlo over x from q_{t-1}. The densities are exact: sums over all images.
 *
 * <p>A draw is x = alpha_{t-1} x_j + sigma_{t-1} eps with an image j and noise eps. Two estimators of the same number,
 * both unbiased, share the draws:
 *
 * <ul>
 *   <li>The <b>ratio</b> form is the mean of r - 1 - ln r with r = q_t(x) / q_{t-1}(x): no draw is negative, and where
 *       neighbours are close it is of second order in ln r. Where they are far apart, r is nearly 0 in nearly every draw
 *       and huge in draws that never come, so the mean is 1 too low and its standard error does not tell.
 *   <li>The <b>posterior</b> form is, by the chain rule of relative entropy for the pair (j, x), the mean over images of
 *       D_KL(N(alpha_{t-1} x_j, sigma_{t-1}^2 I) || N(alpha_t x_j, sigma_t^2 I)), which is known exactly, less the mean
 *       over x of D_KL(p_{t-1}(j | x) || p_t(j | x)), where p(j | x) is the probability that x came from image j. No
 *       ratio of densities occurs in it. Where a noisy image gives away which image it was, it is exact.
 * </ul>
 *
 * <p>Numbers: log-densities are taken relative to the component of image j, so that |x - alpha x_i|^2 is never formed:
 * |x - alpha x_i|^2 - |x - alpha x_j|^2 = 2 alpha (x - alpha x_j) . (x_j - x_i) + alpha^2 |x_j - x_i|^2. All of it comes
 * from two matrix products, of the x_j and of the eps with all images, which serve every t. They are float64:
 * on Fashion-MNIST, |x_j - x_i|^2 by products is wrong by up to 2e-3 in float32 and 5e-12 in float64, and it is
 * divided by 2 sigma^2, 8e-5 at the lowest t of the cosine schedule.
 *
 * <p>Memory: images are decoded in blocks, so the size of the data set does not matter; tensors stay within {@link
 * EntropyOptions#memory}.
 */
public final class MixtureEntropy implements AutoCloseable {
    private static final TensorOptions DOUBLE = TensorOptions.of(DType.FLOAT64);

    private final DataRows rows;
    private final BlockPlan plan;
    private final Device device;
    private final List<Transition> transitions;
    private final int samples;
    private final long seed;

    /**
     * @param dataset the images
     * @param transitions which pairs of neighbours
     * @param options how many draws, and what it may cost
     * @throws IllegalArgumentException if the budget of memory is too small for the size of the images
     */
    public MixtureEntropy(ImageDataset dataset, List<Transition> transitions, EntropyOptions options) {
        this.transitions = List.copyOf(transitions);
        this.samples = options.samples();
        this.seed = options.seed();
        this.device = options.device();
        long images = options.imagesOf(dataset);
        this.plan =
                BlockPlan.within(options.memory(), DataRows.dimension(dataset), samples, images, transitions.size());
        this.rows = new DataRows(dataset, images, plan.images(), device);
    }

    /**
     * Draws and estimates; the result is in the order of the transitions. The same seed gives the same draws, whatever the
     * budget of memory.
     *
     * @param listener hears how many pairs of a draw and an image are done; what it throws ends the work
     */
    public List<MixtureEstimate> estimate(AnalysisListener listener) {
        double[][] logRatios = new double[transitions.size()][samples];
        double[][] posteriors = new double[transitions.size()][samples];
        double squaredNorms = 0;
        RandomGenerator picks = new SplittableRandom(seed);
        try (Generator noise = Generator.cpu(seed)) {
            for (int first = 0; first < samples; first += plan.draws()) {
                long[] images = picks.longs(Math.min(plan.draws(), samples - first), 0, rows.count())
                        .toArray();
                long before = first * rows.count();
                try (var _ = TensorScope.open()) {
                    DrawBlock draws = new DrawBlock(imagesOf(images), noise(images.length, noise), transitions);
                    double[] sum = {0};
                    rows.forEachBlock((block, done) -> {
                        sum[0] += draws.add(block);
                        listener.update(
                                "Comparing draws with images", before + done * images.length, samples * rows.count());
                    });
                    squaredNorms = sum[0];
                    draws.finish(first, logRatios, posteriors);
                }
            }
        }
        List<MixtureEstimate> estimates = new ArrayList<>();
        for (int k = 0; k < transitions.size(); k++) {
            double joint = transitions.get(k).betweenImages(rows.dimension(), squaredNorms / rows.count());
            estimates.add(MixtureEstimate.of(logRatios[k], joint, posteriors[k]));
        }
        return estimates;
    }

    /** The images of the draws, decoded in blocks that fit the buffer. */
    private Tensor imagesOf(long[] images) {
        Tensor chosen = Torch.empty(DOUBLE.device(device), images.length, rows.dimension());
        for (int first = 0; first < images.length; first += plan.images()) {
            int from = first;
            int size = Math.min(plan.images(), images.length - first);
            try (var _ = TensorScope.open()) {
                chosen.narrow(0, first, size).copy_(rows.rows(size, i -> images[from + i]));
            }
        }
        return chosen;
    }

    /** One call for each draw, so that the numbers do not depend on how draws are grouped. */
    private Tensor noise(int size, Generator generator) {
        Tensor noise = Torch.empty(DOUBLE.device(device), size, rows.dimension());
        for (int i = 0; i < size; i++) {
            try (var _ = TensorScope.open()) {
                noise.select(0, i).copy_(Torch.randn(generator, DOUBLE, rows.dimension()));
            }
        }
        return noise;
    }

    @Override
    public void close() {
        rows.close();
    }
}
