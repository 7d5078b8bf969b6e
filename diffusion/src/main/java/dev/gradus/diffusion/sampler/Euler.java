package dev.gradus.diffusion.sampler;

import dev.gradus.torch.Tensor;

/** Euler's method for dy/dsigma = (y - x0) / sigma with y = x / alpha (Karras et al., arXiv 2206.00364, equation 3). */
record Euler() implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        return Moves.toward(here.x(), here.x0(here.x(), here.from()), here.from(), here.to());
    }
}
