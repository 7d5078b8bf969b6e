package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/** Turns noise into images. Immutable; one may be used by many threads. */
@FunctionalInterface
public interface Sampler {
    /**
     * Draws one image from each element of a batch of noise. Runs without autograd. To stop it between two steps, throw
     * from the listener or the denoiser.
     *
     * @param noise (B, C, H, W) floating point, standard normal; not changed. It is scaled to the first noise level here.
     * @param generator on the device of {@code noise}; used by samplers that add noise, else it may be null
     * @param listener told of each step
     * @return like {@code noise}, around [-1, 1]; owned by the current scope
     */
    Tensor sample(Denoiser denoiser, Tensor noise, Generator generator, SamplingListener listener);

    /** {@link #sample(Denoiser, Tensor, Generator, SamplingListener)} that tells nobody. */
    default Tensor sample(Denoiser denoiser, Tensor noise, Generator generator) {
        return sample(denoiser, noise, generator, SamplingListener.NONE);
    }

    /** The sampler that a configuration describes. Guidance is the denoiser's: see {@link GuidedDenoiser}. */
    static Sampler of(SamplingConfig config, NoiseSchedule schedule) {
        return of(config, SamplingSteps.of(config, schedule));
    }

    /** The sampler that a configuration describes, with stops of one's own. */
    static Sampler of(SamplingConfig config, SamplingSteps steps) {
        return Walk.of(config, steps);
    }
}
