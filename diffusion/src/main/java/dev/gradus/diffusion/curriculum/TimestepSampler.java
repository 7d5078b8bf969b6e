package dev.gradus.diffusion.curriculum;

import dev.gradus.torch.Generator;

/** Draws the times that a training batch is noised to. A curriculum is one of these, and so is its absence. */
public interface TimestepSampler {
    /**
     * Draws times as ordinary training would, restricted to {@link #active}.
     *
     * @param batch B, at least 1
     * @param generator on the CPU: times are drawn on the host
     * @return t of each image; whole on a discrete schedule
     */
    double[] sample(int batch, Generator generator);

    /** What is drawn now. */
    TimestepSet active();
}
