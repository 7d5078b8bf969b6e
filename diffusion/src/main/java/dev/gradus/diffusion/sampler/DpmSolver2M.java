package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * DPM-Solver++ (2M) and SDE-DPM-Solver++ (2M) (Lu et al., arXiv 2211.01095, algorithm 2 and section 4). With lambda =
 * ln(alpha / sigma), h its difference over the step, r h that over the step before, and x0' the estimate of that step:
 *
 * <pre>
 * D   = x0 + (x0 - x0') / (2 r)
 * ODE: x = sigma / sigma_before x + alpha (1 - e^-h) D
 * SDE: x = sigma / sigma_before e^-h x + alpha (1 - e^-2h) D + sigma sqrt(1 - e^-2h) z
 * </pre>
 *
 * In the terms of {@link Moves}, e^-h is k, so they are {@link Moves#renew} with the estimate D. The first step has no
 * step before, and the last one has an infinite h; both use x0 for D.
 *
 * @param share 0 for the ODE, 1 for the SDE
 */
record DpmSolver2M(double share) implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        Tensor x0 = here.x0(here.x(), here.from());
        if (here.before() == null || here.to().sigma() == 0) {
            return Moves.renew(here, x0, share);
        }
        double r = step(here.level(-1), here.from()) / step(here.from(), here.to());
        return Moves.renew(here, here.before().lerp(x0, 1 + 1 / (2 * r)), share);
    }

    private static double step(NoiseLevel from, NoiseLevel to) {
        return (to.logSnr() - from.logSnr()) / 2;
    }

    @Override
    public boolean looksBack() {
        return true;
    }
}
