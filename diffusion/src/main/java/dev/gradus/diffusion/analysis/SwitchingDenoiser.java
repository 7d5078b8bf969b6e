package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * One denoiser at some noise levels and another one at all others.
 *
 * @param range the times of {@code inside}; the end of the schedule belongs to the range that ends there
 * @param end the last time of the schedule
 */
public record SwitchingDenoiser(TimestepRange range, double end, Denoiser inside, Denoiser outside)
        implements Denoiser {
    @Override
    public Tensor x0(Tensor xt, NoiseLevel level) {
        double t = level.t();
        boolean in = t >= range.from() && (t < range.to() || (t == end && range.to() >= end));
        return (in ? inside : outside).x0(xt, level);
    }
}
