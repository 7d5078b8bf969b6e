package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/** Estimates the image behind a noisy one. Network, objective and sampler meet here. */
@FunctionalInterface
public interface Denoiser {
    /**
     * The estimate of x_0.
     *
     * @param xt (B, C, H, W) float32
     * @param level the noise level of the whole batch
     * @return like {@code xt}; owned by the current scope
     */
    Tensor x0(Tensor xt, NoiseLevel level);
}
