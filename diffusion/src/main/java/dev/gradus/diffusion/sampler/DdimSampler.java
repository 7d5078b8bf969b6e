package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/**
 * DDIM (Song, Meng and Ermon, arXiv 2010.02502, equations 12 and 16). With a = alpha_t^2 before and b after the step:
 *
 * <pre>
 * s = eta sqrt((1 - b) / (1 - a)) sqrt(1 - a / b)
 * x = sqrt(b) x0 + sqrt(1 - b - s^2) eps + s z
 * </pre>
 *
 * where x0 is the denoiser's estimate, clipped where asked for, eps the noise that goes with it, and z fresh noise. The
 * last step has b = 1 and answers x0.
 */
public final class DdimSampler implements Sampler {
    private final SamplingSteps steps;
    private final double eta;
    private final double clip;

    /**
     * @param eta 0 is deterministic, 1 has the variance of DDPM
     * @param clip the bound on the absolute value of the estimated x0; 0 for none
     */
    public DdimSampler(SamplingSteps steps, double eta, double clip) {
        this.steps = steps;
        this.eta = eta;
        this.clip = clip;
    }

    @Override
    public Tensor sample(Denoiser denoiser, Tensor noise, Generator generator) {
        return Steps.run(steps, noise, clip, denoiser, (xt, x0, step) -> {
            double a = step.alphaSquared();
            double b = step.nextAlphaSquared();
            double s = eta * Math.sqrt((1 - b) / (1 - a)) * Math.sqrt(1 - a / b);
            Tensor eps = xt.sub(x0.mul(Math.sqrt(a))).div(Math.sqrt(1 - a));
            Tensor mean = x0.mul(Math.sqrt(b)).add(eps.mul(Math.sqrt(Math.max(0, 1 - b - s * s))));
            return s == 0 ? mean : mean.add(Torch.randnLike(mean, generator).mul(s));
        });
    }
}
