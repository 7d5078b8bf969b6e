package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * Ancestral sampling of DDPM (Ho et al., arXiv 2006.11239, equations 6 and 7): each step draws from the posterior of the
 * next state given x_t and the estimated x0. With a = alpha_t^2 before and b after the step, and beta = 1 - a / b:
 *
 * <pre>
 * mean     = sqrt(b) beta / (1 - a) x0 + sqrt(a / b) (1 - b) / (1 - a) x_t
 * variance = (1 - b) / (1 - a) beta
 * </pre>
 *
 * With fewer steps than the schedule has timesteps, a and b are those of the timesteps visited. The last step has b = 1
 * and answers x0.
 */
public final class DdpmSampler implements Sampler {
    private final SamplingSteps steps;
    private final double clip;

    /** @param clip the bound on the absolute value of the estimated x0; 0 for none */
    public DdpmSampler(SamplingSteps steps, double clip) {
        this.steps = steps;
        this.clip = clip;
    }

    @Override
    public Tensor sample(Denoiser denoiser, Tensor noise, Generator generator) {
        return Steps.run(steps, noise, clip, denoiser, (xt, x0, step) -> {
            double a = step.alphaSquared();
            double b = step.nextAlphaSquared();
            double beta = 1 - a / b;
            double variance = (1 - b) / (1 - a) * beta;
            Tensor mean = x0.mul(Math.sqrt(b) * beta / (1 - a)).add(xt.mul(Math.sqrt(a / b) * (1 - b) / (1 - a)));
            return variance == 0
                    ? mean
                    : mean.add(Torch.randnLike(mean, generator).mul(Math.sqrt(variance)));
        });
    }
}
