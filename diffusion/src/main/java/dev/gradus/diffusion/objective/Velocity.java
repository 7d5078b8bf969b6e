package dev.gradus.diffusion.objective;

import dev.gradus.torch.Tensor;

/** See {@link Objective#v}. */
enum Velocity implements Objective {
    INSTANCE;

    @Override
    public Tensor target(Tensor x0, Tensor eps, Tensor alpha, Tensor sigma) {
        return alpha.mul(eps).sub(sigma.mul(x0));
    }

    /** x_0 = alpha x_t - sigma v. */
    @Override
    public Tensor x0(Tensor output, Tensor xt, double alpha, double sigma) {
        return xt.mul(alpha).sub(output.mul(sigma));
    }
}
