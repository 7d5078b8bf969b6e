package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.Path;
import dev.gradus.torch.Tensor;

/**
 * Euler's method for dx/du = alpha'(u) x0 + sigma'(u) eps along the path of the schedule (Lipman et al., arXiv 2210.02747,
 * section 4), with eps = (x - alpha x0) / sigma and u the parameter of {@link Path}: the time of flow matching on its own
 * paths, the angle on the circle of variance preserving schedules, sigma on EDM's. The last step answers the estimate.
 */
record FlowEuler(Path path) implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        Tensor x0 = here.x0(here.x(), here.from());
        if (here.to().sigma() == 0) {
            return Moves.toward(here.x(), x0, here.from(), here.to());
        }
        return here.x().add(velocity(path, here.x(), x0, here.from()).mul(length(path, here)));
    }

    /** How far the parameter moves in the step; negative. */
    static double length(Path path, Here here) {
        return path.parameter(here.to()) - path.parameter(here.from());
    }

    /** dx/du. */
    static Tensor velocity(Path path, Tensor x, Tensor x0, NoiseLevel level) {
        double noise = path.sigmaDerivative(level) / level.sigma();
        return x.mul(noise).add(x0.mul(path.alphaDerivative(level) - noise * level.alpha()));
    }
}
