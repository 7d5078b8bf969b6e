package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/** Turns noise into images. */
public interface Sampler {
    /**
     * Draws one image from each element of a batch of noise. Runs without autograd.
     *
     * @param noise (B, C, H, W) float32, standard normal; not changed
     * @param generator on the device of {@code noise}; used by samplers that add noise
     * @return (B, C, H, W) float32, around [-1, 1]; owned by the current scope
     */
    Tensor sample(Denoiser denoiser, Tensor noise, Generator generator);

    /** The sampler that a configuration describes. */
    static Sampler of(SamplingConfig config, NoiseSchedule schedule) {
        SamplingSteps steps = SamplingSteps.of(config.spacing(), config.steps(), schedule);
        return switch (config.sampler()) {
            case DDIM -> new DdimSampler(steps, config.eta(), config.clip());
            case DDPM -> new DdpmSampler(steps, config.clip());
        };
    }
}
