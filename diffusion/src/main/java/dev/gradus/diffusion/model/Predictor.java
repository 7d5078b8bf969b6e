package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;

/** What training and sampling need of a network. Every {@link Network} is one; one of your own may be any function. */
@FunctionalInterface
public interface Predictor {
    /**
     * Predicts from noised images.
     *
     * @param sample (B, C, H, W), floating point
     * @param timestep (B), or one value for all: integer or floating point, as {@link
     *     dev.gradus.diffusion.schedule.NoiseSchedule#networkTime} tells it
     * @param conditioning what is known of the images
     * @return (B, C, H, W), in the scope that is open, else the caller's to close
     */
    Tensor forward(Tensor sample, Tensor timestep, Conditioning conditioning);
}
