package dev.gradus.diffusion.sampler;

import dev.gradus.torch.Tensor;

/**
 * Spherical interpolation of noise (Shoemake, "Animating rotation with quaternion curves", 1985), which keeps its length where a
 * straight line would pass too near to 0 (White, arXiv 1609.04468).
 */
public final class Slerp {
    private Slerp() {}

    /**
     * (sin((1 - u) w) a + sin(u w) b) / sin(w), where w is the angle between a and b as vectors.
     *
     * @param a any shape, not 0
     * @param b the same shape, not 0
     * @param u 0 gives a, 1 gives b
     * @return in the current scope; a straight line where a and b point the same or opposite ways
     */
    public static Tensor between(Tensor a, Tensor b, double u) {
        double cosine = a.mul(b).sum().item() / (a.norm().item() * b.norm().item());
        double angle = Math.acos(Math.clamp(cosine, -1, 1));
        double sine = Math.sin(angle);
        if (!(sine > 1e-6)) {
            return a.lerp(b, u);
        }
        return a.mul(Math.sin((1 - u) * angle) / sine).add(b.mul(Math.sin(u * angle) / sine));
    }
}
