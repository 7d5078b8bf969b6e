package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig.Churn;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * The stochastic sampler of Karras et al. (arXiv 2206.00364, algorithm 2): noise is added to get from the level sigma to
 * (1 + gamma) sigma, and a step by {@link Heun} goes from there to the next level. gamma = min(S_churn / N, sqrt(2) - 1)
 * for sigma from S_tmin to S_tmax, else 0; the noise has the standard deviation S_noise. It never goes above the
 * greatest noise level of the schedule, which is the greatest that the network has seen.
 */
record Edm(Churn churn) implements Walk.Rule {
    private static final double MAX_GAMMA = Math.sqrt(2) - 1;

    @Override
    public Tensor next(Here here) {
        NoiseLevel from = here.from();
        double sigma = from.ratio();
        double gamma = sigma >= churn.sigmaMin() && sigma <= churn.sigmaMax()
                ? Math.min(churn.amount() / here.count(), MAX_GAMMA)
                : 0;
        if (gamma == 0) {
            return Heun.step(here, here.x(), from);
        }
        double raised = (1 + gamma) * sigma;
        NoiseLevel hat = here.schedule().at(here.schedule().timeOf(-2 * Math.log(raised)));
        double added = Math.sqrt(Math.max(0, hat.ratio() * hat.ratio() - sigma * sigma));
        if (added == 0) {
            return Heun.step(here, here.x(), from);
        }
        Tensor x = here.x().mul(hat.alpha() / from.alpha());
        return Heun.step(here, Moves.addNoise(here, x, hat.alpha() * added * churn.noise()), hat);
    }
}
