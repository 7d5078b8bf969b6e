package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * DDIM (Song, Meng and Ermon, arXiv 2010.02502, equations 12 and 16). With a = alpha_t^2 before and b after the step:
 *
 * <pre>
 * s = eta sqrt((1 - b) / (1 - a)) sqrt(1 - a / b)
 * x = sqrt(b) x0 + sqrt(1 - b - s^2) eps + s z
 * </pre>
 *
 * where x0 is the estimate, clipped where asked for, eps the noise that goes with it, and z fresh noise. {@link Moves}
 * has it for any alpha and sigma; the s above is that for alpha^2 + sigma^2 = 1.
 *
 * @param eta 0 is deterministic, 1 has the variance of DDPM
 * @param clipNoise whether eps goes with the clipped x0, or with the estimate as it was
 */
record Ddim(double eta, boolean clipNoise) implements Walk.Rule {
    @Override
    public Tensor next(Here here) {
        NoiseLevel to = here.to();
        Tensor raw = here.unbounded(here.x(), here.from());
        Tensor x0 = here.bounded(raw);
        double amount = Moves.amount(here, eta);
        double kept = Math.sqrt(to.sigma() * to.sigma() - amount * amount);
        Tensor moved = Moves.keep(here.x(), x0, clipNoise ? x0 : raw, here.from(), to, kept);
        return Moves.addNoise(here, moved, amount);
    }
}
