package dev.gradus.diffusion.analysis;

import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.List;

/**
 * Some draws (image x_j and noise eps each), compared with all images block by block: for each transition the sums over
 * images that {@link MixtureEntropy} needs, held in the logarithmic domain. All tensors are of the scope it is made in.
 *
 * <p>With g_i = x_j . (x_j - x_i), p_i = eps . (x_j - x_i) and h_i = |x_j - x_i|^2, the logarithm of component i over that of
 * component j is linear in g, p and h at both noise levels of every transition.
 */
final class DrawBlock {
    private final List<Transition> transitions;
    private final Tensor images;
    private final Tensor noise;
    private final Tensor imageNorms;
    private final Tensor imageByNoise;
    private final Tensor noiseNorms;
    private final Sums[] sums;

    /**
     * @param images (B, D) float64: the x_j
     * @param noise (B, D) float64: the eps
     */
    DrawBlock(Tensor images, Tensor noise, List<Transition> transitions) {
        this.transitions = transitions;
        this.images = images;
        this.noise = noise;
        this.imageNorms = Linalg.vecdot(images, images).unsqueeze(1);
        this.imageByNoise = Linalg.vecdot(images, noise).unsqueeze(1);
        this.noiseNorms = Linalg.vecdot(noise, noise).unsqueeze(1);
        this.sums = new Sums[transitions.size()];
        for (int k = 0; k < sums.length; k++) {
            sums[k] = new Sums(noiseNorms);
        }
    }

    /**
     * Takes the next images into all sums.
     *
     * @param block (N, D) float64
     * @return the sum of their squared norms
     */
    double add(Tensor block) {
        try (var _ = TensorScope.open()) {
            Tensor norms = Linalg.vecdot(block, block);
            Tensor columns = block.t();
            Tensor h = images.mm(columns);
            Tensor g = imageNorms.sub(h);
            h.mul_(-2.0).add_(imageNorms).add_(norms);
            Tensor p = noise.mm(columns).neg_().add_(imageByNoise);
            for (int k = 0; k < sums.length; k++) {
                try (var _ = TensorScope.open()) {
                    Transition transition = transitions.get(k);
                    sums[k].add(logitsBefore(transition, p, h), logits(transition, g, p, h));
                }
            }
            return norms.sum().item();
        }
    }

    private static Tensor logitsBefore(Transition transition, Tensor p, Tensor h) {
        double ratio = 1 / transition.before().ratio();
        return p.mul(-ratio).add_(h, -0.5 * ratio * ratio);
    }

    private static Tensor logits(Transition transition, Tensor g, Tensor p, Tensor h) {
        double ratio = 1 / transition.after().ratio();
        return p.mul(-ratio * transition.sigmaRatio())
                .add_(g, -ratio * transition.shift())
                .add_(h, -0.5 * ratio * ratio);
    }

    /**
     * Once all images have been added: for each transition and draw ln r, and the relative entropy of the posteriors.
     *
     * @param first where the draws belong in the rows of the results
     */
    void finish(int first, double[][] logRatios, double[][] posteriors) {
        try (var _ = TensorScope.open()) {
            double[] imageNorm = imageNorms.toDoubleArray();
            double[] noiseNorm = noiseNorms.toDoubleArray();
            double[] product = imageByNoise.toDoubleArray();
            long dimension = images.size(1);
            for (int k = 0; k < sums.length; k++) {
                Transition t = transitions.get(k);
                double[] before = sums[k].logSumBefore();
                double[] after = sums[k].logSum();
                double[] difference = sums[k].meanDifference();
                double shift = t.shift();
                double scale = t.sigmaRatio();
                for (int i = 0; i < before.length; i++) {
                    double quadratic = (1 - scale * scale) * noiseNorm[i]
                            - shift * shift * imageNorm[i]
                            - 2 * shift * scale * product[i];
                    logRatios[k][first + i] = dimension * Math.log(scale) + 0.5 * quadratic + after[i] - before[i];
                    posteriors[k][first + i] = difference[i] - before[i] + after[i];
                }
            }
        }
    }

    /** Running sums over images, (B, 1) each: of e^a, of e^b and of e^a (a - b), the largest exponents taken out. */
    private static final class Sums {
        private final Tensor maxBefore;
        private final Tensor sumBefore;
        private final Tensor weighted;
        private final Tensor max;
        private final Tensor sum;

        Sums(Tensor like) {
            maxBefore = Torch.fullLike(like, Double.NEGATIVE_INFINITY);
            max = Torch.fullLike(like, Double.NEGATIVE_INFINITY);
            sumBefore = Torch.zerosLike(like);
            weighted = Torch.zerosLike(like);
            sum = Torch.zerosLike(like);
        }

        /** Takes logits of (B, N), whose memory is used for what comes between. */
        void add(Tensor before, Tensor after) {
            Tensor difference = before.sub(after);
            Tensor factor = raise(maxBefore, before);
            Tensor weights = before.sub_(maxBefore).exp_();
            sumBefore.mul_(factor).add_(weights.sum(ROWS, true));
            weighted.mul_(factor).add_(difference.mul_(weights).sum(ROWS, true));
            sum.mul_(raise(max, after)).add_(after.sub_(max).exp_().sum(ROWS, true));
        }

        /** Raises the largest exponents to those in {@code logits}; returns what sums under the old ones are worth now. */
        private static Tensor raise(Tensor max, Tensor logits) {
            Tensor raised = max.maximum(logits.amax(ROWS, true));
            Tensor factor = max.sub(raised).exp_();
            max.copy_(raised);
            return factor;
        }

        double[] logSumBefore() {
            return sumBefore.log().add_(maxBefore).toDoubleArray();
        }

        double[] logSum() {
            return sum.log().add_(max).toDoubleArray();
        }

        /** The mean of a - b under the weights e^a. */
        double[] meanDifference() {
            return weighted.div(sumBefore).toDoubleArray();
        }
    }

    private static final long[] ROWS = {1};
}
