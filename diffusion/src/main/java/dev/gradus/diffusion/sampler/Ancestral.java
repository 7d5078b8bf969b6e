package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig.Variance;
import dev.gradus.torch.Tensor;

/**
 * Ancestral sampling: each step draws from the posterior of the next state given x_t and the estimated x0. It is known
 * under two names, which are the same map.
 *
 * <p>DDPM (Ho et al., arXiv 2006.11239, equations 6 and 7), with a = alpha_t^2 before and b after the step, and beta = 1 - a
 * / b:
 *
 * <pre>
 * mean     = sqrt(b) beta / (1 - a) x0 + sqrt(a / b) (1 - b) / (1 - a) x_t
 * variance = (1 - b) / (1 - a) beta
 * </pre>
 *
 * <p>Euler ancestral ({@code sample_euler_ancestral} in k-diffusion), for y = x / alpha going from the noise level p to q:
 * a step of Euler's method to down = q^2 / p, then fresh noise of up = sqrt(q^2 - down^2), that is
 *
 * <pre>
 * y = k^2 y + (1 - k^2) x0 + q sqrt(1 - k^2) z   with k = q / p
 * </pre>
 *
 * @param variance {@code LARGE} adds noise of the variance beta instead, to the same mean
 */
record Ancestral(Variance variance) implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        Tensor x0 = here.x0(here.x(), here.from());
        return variance == Variance.SMALL ? Moves.renew(here, x0, 1) : Moves.renewMore(here, x0);
    }
}
