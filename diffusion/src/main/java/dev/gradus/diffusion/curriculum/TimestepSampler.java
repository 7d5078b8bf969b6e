package dev.gradus.diffusion.curriculum;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/** Draws the timesteps that a training batch is noised to. A curriculum is one of these, and so is its absence. */
public interface TimestepSampler {
    /**
     * Timesteps drawn uniformly from {@link #range}, by one call of {@code randint} on the generator.
     *
     * @param batch B
     * @return (B) int64 on the generator's device; owned by the current scope
     */
    Tensor sample(int batch, Generator generator);

    /** What is drawn now. */
    TimestepRange range();
}
