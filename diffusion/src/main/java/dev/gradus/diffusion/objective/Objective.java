package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.Path;

/**
 * What the network predicts from x_t = alpha x_0 + sigma eps: its {@link Coefficients} at each noise level. Every objective
 * goes with every schedule. On the additive path of EDM, where x_t grows with sigma, the network sees it scaled to the
 * variance it has on a circle, by 1 / sqrt(alpha^2 + sigma^2).
 */
@FunctionalInterface
public interface Objective {
    /** @param level neither pure noise nor the image itself */
    Coefficients at(NoiseLevel level);

    /** The network predicts the noise eps (Ho et al., arXiv 2006.11239, equation 14). */
    static Objective epsilon(Path path) {
        return level -> new Coefficients(scale(path, level), 1 / level.alpha(), -level.sigma() / level.alpha(), 0, 1);
    }

    /** The network predicts the image x_0 (Salimans and Ho, arXiv 2202.00512, section 4). */
    static Objective x0(Path path) {
        return level -> new Coefficients(scale(path, level), 0, 1, 1, 0);
    }

    /**
     * The network predicts v = alpha eps - sigma x_0 with alpha^2 + sigma^2 scaled to 1 (Salimans and Ho, arXiv
     * 2202.00512, appendix D).
     */
    static Objective v(Path path) {
        return level -> {
            double square = level.alpha() * level.alpha() + level.sigma() * level.sigma();
            // A discrete schedule has float32 values, which miss 1 by a rounding.
            double length = path == Path.CIRCLE ? 1 : Math.sqrt(square);
            double alpha = level.alpha() / length;
            double sigma = level.sigma() / length;
            return new Coefficients(scale(path, level), alpha / length, -sigma, -sigma, alpha);
        };
    }

    /**
     * The network predicts the tangent of the path, alpha' x_0 + sigma' eps (Lipman et al., arXiv 2210.02747, equation 9;
     * eps - x_0 on the straight path).
     */
    static Objective flow(Path path) {
        return level -> {
            double da = path.alphaDerivative(level);
            double ds = path.sigmaDerivative(level);
            double determinant = da * level.sigma() - ds * level.alpha();
            return new Coefficients(scale(path, level), -ds / determinant, level.sigma() / determinant, da, ds);
        };
    }

    /**
     * The preconditioning of Karras et al. (arXiv 2206.00364, table 1), applied to x_t / alpha with the noise sigma /
     * alpha: input and target of the network have variance 1 at every level.
     *
     * @param sigmaData the standard deviation of the images; 0.5 in the paper
     */
    static Objective edm(double sigmaData) {
        if (!(sigmaData > 0 && sigmaData < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("sigmaData must be greater than 0 and finite, is " + sigmaData);
        }
        return level -> {
            double alpha = level.alpha();
            double sigma = level.sigma();
            double variance = sigma * sigma + alpha * alpha * sigmaData * sigmaData;
            double deviation = Math.sqrt(variance);
            return new Coefficients(
                    1 / deviation,
                    sigmaData * sigmaData * alpha / variance,
                    sigma * sigmaData / deviation,
                    sigma / (sigmaData * deviation),
                    -sigmaData * alpha / deviation);
        };
    }

    private static double scale(Path path, NoiseLevel level) {
        return path == Path.ADDITIVE ? 1 / Math.hypot(level.alpha(), level.sigma()) : 1;
    }

    /** The objective that a configuration names, on the path of its schedule. */
    static Objective of(TrainConfig.Objective config, Path path, double sigmaData) {
        return switch (config) {
            case EPSILON -> epsilon(path);
            case V -> v(path);
            case X0 -> x0(path);
            case EDM -> edm(sigmaData);
            case FLOW -> flow(path);
        };
    }
}
