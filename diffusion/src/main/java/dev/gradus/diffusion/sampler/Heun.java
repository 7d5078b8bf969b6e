package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * Heun's method for dy/dsigma = (y - x0) / sigma with y = x / alpha (Karras et al., arXiv 2206.00364, algorithm 1 with the
 * schedule of section 3): a step of Euler's method, then the same step again with the mean of the slopes at both ends.
 * The last step, to no noise, is one of Euler's method.
 *
 * <p>Put in, the mean slope is that of the estimate x0 + (x0' - x0) / (2 k), where x0 and x0' are those at both ends and k
 * is the ratio of their noise levels. A step that divides the noise by a large factor makes much of the difference: space
 * the levels as Karras et al. do.
 */
record Heun() implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        return step(here, here.x(), here.from());
    }

    /** A step from a batch at any level above {@link Here#to}. */
    static Tensor step(Here here, Tensor x, NoiseLevel from) {
        NoiseLevel to = here.to();
        Tensor x0 = here.x0(x, from);
        Tensor euler = Moves.toward(x, x0, from, to);
        if (to.sigma() == 0) {
            return euler;
        }
        Tensor mean = x0.lerp(here.x0(euler, to), from.ratio() / (2 * to.ratio()));
        return Moves.toward(x, mean, from, to);
    }
}
