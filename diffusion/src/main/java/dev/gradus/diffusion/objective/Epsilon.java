package dev.gradus.diffusion.objective;

import dev.gradus.torch.Tensor;

/** See {@link Objective#epsilon}. */
enum Epsilon implements Objective {
    INSTANCE;

    @Override
    public Tensor target(Tensor x0, Tensor eps, Tensor alpha, Tensor sigma) {
        return eps;
    }

    /** x_0 = (x_t - sigma eps) / alpha. */
    @Override
    public Tensor x0(Tensor output, Tensor xt, double alpha, double sigma) {
        return xt.sub(output.mul(sigma)).div(alpha);
    }
}
