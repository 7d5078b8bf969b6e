package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.Tensor;

/**
 * What the network predicts from x_t = alpha x_0 + sigma eps: the target it is trained to, and the way back from its
 * output to the image. Tensors are (B, C, H, W) float32, alpha and sigma (B, 1, 1, 1); results belong to the current
 * scope.
 */
public interface Objective {
    /** What the output is compared with. */
    Tensor target(Tensor x0, Tensor eps, Tensor alpha, Tensor sigma);

    /**
     * The image that an output stands for.
     *
     * @param alpha the same for the whole batch, greater than 0
     * @param sigma the same for the whole batch
     */
    Tensor x0(Tensor output, Tensor xt, double alpha, double sigma);

    /** The network predicts the noise eps (Ho et al., arXiv 2006.11239, equation 14). */
    static Objective epsilon() {
        return Epsilon.INSTANCE;
    }

    /** The network predicts v = alpha eps - sigma x_0 (Salimans and Ho, arXiv 2202.00512, appendix D). */
    static Objective v() {
        return Velocity.INSTANCE;
    }

    /** The objective that a configuration names. */
    static Objective of(TrainConfig.Objective config) {
        return switch (config) {
            case EPSILON -> epsilon();
            case V -> v();
        };
    }
}
