package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Tensor;

/**
 * The moves from a level (a, s), x = a x_0 + s eps, to a level (b, r). Papers write them for y = x / alpha and its noise
 * level sigma / alpha; here alpha is worked in, so that a rule need not care for it and nothing overflows where alpha is
 * nearly 0. With k = (r / b) / (s / a), the ratio of the two noise levels.
 */
final class Moves {
    private Moves() {}

    /**
     * Keeps the noise and changes its amount: b x_0 + r eps with eps = (x - a x_0) / s. In y this is the step of Euler's
     * method, y + (r / b - s / a) dy/dsigma with dy/dsigma = (y - x_0) / (s / a) (Karras et al., arXiv 2206.00364,
     * equation 3): k y + (1 - k) x_0.
     */
    static Tensor toward(Tensor x, Tensor x0, NoiseLevel from, NoiseLevel to) {
        return keep(x, x0, x0, from, to, to.sigma());
    }

    /**
     * Replaces some of the noise by fresh noise. The amount is {@code share} times that of the posterior q(x_s | x_t,
     * x_0), whose variance is r^2 (1 - k^2); any share keeps the distribution if x_0 is true (Song et al., arXiv
     * 2010.02502, equation 12).
     *
     * @param share 0 keeps the noise
     */
    static Tensor renew(Here here, Tensor x0, double share) {
        double amount = amount(here, share);
        double kept = Math.sqrt(here.to().sigma() * here.to().sigma() - amount * amount);
        return addNoise(here, keep(here.x(), x0, x0, here.from(), here.to(), kept), amount);
    }

    /**
     * {@link #renew} with share 1, but fresh noise of the variance that the forward process adds between the levels, s^2 - (a r /
     * b)^2: with alpha^2 + sigma^2 = 1 that is 1 - a^2 / b^2. None where the step ends without noise.
     */
    static Tensor renewMore(Here here, Tensor x0) {
        NoiseLevel from = here.from();
        NoiseLevel to = here.to();
        double amount = amount(here, 1);
        double kept = Math.sqrt(to.sigma() * to.sigma() - amount * amount);
        double carried = from.alpha() / to.alpha() * to.sigma();
        double added = Math.sqrt(Math.max(0, from.sigma() * from.sigma() - carried * carried));
        return addNoise(here, keep(here.x(), x0, x0, from, to, kept), to.sigma() == 0 ? 0 : added);
    }

    /** b x_0 + kept eps, where eps goes with another estimate of x_0. */
    static Tensor keep(Tensor x, Tensor x0, Tensor x0OfNoise, NoiseLevel from, NoiseLevel to, double kept) {
        double share = kept / from.sigma();
        if (share == 0) {
            return x0.mul(to.alpha());
        }
        Tensor scaled = x.mul(share);
        return x0 == x0OfNoise
                ? scaled.add(x0.mul(to.alpha() - from.alpha() * share))
                : scaled.add(x0.mul(to.alpha())).sub(x0OfNoise.mul(from.alpha() * share));
    }

    /** The standard deviation of the fresh noise of {@link #renew}. */
    static double amount(Here here, double share) {
        NoiseLevel from = here.from();
        NoiseLevel to = here.to();
        double k = to.sigma() * from.alpha() / (to.alpha() * from.sigma());
        return share * to.sigma() * Math.sqrt(Math.max(0, 1 - k * k));
    }

    /** Adds fresh noise; none is drawn for an amount of 0. */
    static Tensor addNoise(Here here, Tensor x, double amount) {
        return amount == 0 ? x : x.add(here.freshNoise().mul(amount));
    }
}
