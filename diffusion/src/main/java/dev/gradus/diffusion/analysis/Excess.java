package dev.gradus.diffusion.analysis;

/** r - 1 - ln r, the non-negative form of a relative entropy's integrand, without cancellation where r is near 1. */
final class Excess {
    /** Below it the series of four terms has a relative error under 1e-11. */
    private static final double SMALL = 1e-3;

    private Excess() {}

    /** u - ln(1 + u) for u = r - 1. */
    static double ofDifference(double u) {
        return Math.abs(u) < SMALL ? u * u * (1 / 2.0 - u * (1 / 3.0 - u * (1 / 4.0 - u / 5))) : u - Math.log1p(u);
    }

    /** e^l - 1 - l for l = ln r; infinite where r is too large for a double. */
    static double ofLogarithm(double l) {
        return Math.abs(l) < SMALL ? l * l * (1 / 2.0 + l * (1 / 6.0 + l * (1 / 24.0 + l / 120))) : Math.expm1(l) - l;
    }
}
