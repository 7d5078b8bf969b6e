package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.Path;
import dev.gradus.torch.Tensor;

/**
 * Heun's method for the equation of {@link FlowEuler}: its step, then the same step again with the mean of the velocities
 * at both ends. The last step answers the estimate.
 */
record FlowHeun(Path path) implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        Tensor x = here.x();
        Tensor x0 = here.x0(x, here.from());
        if (here.to().sigma() == 0) {
            return Moves.toward(x, x0, here.from(), here.to());
        }
        double length = FlowEuler.length(path, here);
        Tensor velocity = FlowEuler.velocity(path, x, x0, here.from());
        Tensor euler = x.add(velocity.mul(length));
        Tensor there = FlowEuler.velocity(path, euler, here.x0(euler, here.to()), here.to());
        return x.add(velocity.add(there).mul(length / 2));
    }
}
