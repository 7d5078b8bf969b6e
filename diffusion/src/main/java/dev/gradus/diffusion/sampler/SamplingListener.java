package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/** Told of each step of a sampler. What it throws ends the sampling. */
@FunctionalInterface
public interface SamplingListener {
    /** Does nothing. */
    SamplingListener NONE = step -> {};

    /**
     * A step that was done.
     *
     * @param index from 0
     * @param count how many there are
     * @param level where it began
     * @param x the batch where it began, which has that noise level
     * @param x0 the first estimate of the images that was made in the step
     */
    record Step(int index, int count, NoiseLevel level, Tensor x, Tensor x0) {}

    /** Called on the thread that samples. The tensors of the step are borrowed: they are closed afterwards. */
    void stepped(Step step);
}
