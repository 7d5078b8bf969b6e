package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.config.LossWeightConfig;
import dev.gradus.diffusion.schedule.NoiseLevel;
import java.util.function.ToDoubleFunction;

/**
 * How much each noise level counts in the loss. The formulas weight the squared error of x_0, so that they mean the same
 * whatever the network predicts, and are turned into a weight of the error of its output.
 */
@FunctionalInterface
public interface LossWeight {
    /** The weight of the squared error of the network's output at a level. */
    double of(NoiseLevel level, Coefficients coefficients);

    /** The weight of the output's error that stands for a weight of x_0's. */
    private static LossWeight ofX0(ToDoubleFunction<NoiseLevel> weight) {
        return (level, coefficients) -> weight.applyAsDouble(level) / coefficients.errorFactor();
    }

    /** Every level's output counts the same: the simple loss of Ho et al. (arXiv 2006.11239, equation 14). */
    static LossWeight uniform() {
        return (level, coefficients) -> 1;
    }

    /** min(SNR, gamma) (Hang et al., arXiv 2303.09556, section 3.4; gamma is 5 there). */
    static LossWeight minSnr(double gamma) {
        requirePositive("gamma", gamma);
        return ofX0(level -> Math.min(level.snr(), gamma));
    }

    /**
     * SNR gamma / (SNR + gamma), a minimum without a corner (Crowson et al., arXiv 2401.11605, section 3.2, where it reads 1 /
     * (sigma^2 + 1 / gamma)).
     */
    static LossWeight softMinSnr(double gamma) {
        requirePositive("gamma", gamma);
        return ofX0(level -> 1 / (1 / level.snr() + 1 / gamma));
    }

    /** SNR / (k + SNR)^gamma (Choi et al., arXiv 2204.00227, equation 8, with the weight of the noise's error as its base). */
    static LossWeight p2(double k, double gamma) {
        requirePositive("k", k);
        if (!(gamma >= 0 && gamma < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("gamma must be at least 0 and finite, is " + gamma);
        }
        return ofX0(level -> level.snr() / Math.pow(k + level.snr(), gamma));
    }

    /** SNR + 1 / sigmaData^2 (Karras et al., arXiv 2206.00364, table 1). With the objective {@code edm} this is uniform. */
    static LossWeight edm(double sigmaData) {
        requirePositive("sigmaData", sigmaData);
        return ofX0(level -> level.snr() + 1 / (sigmaData * sigmaData));
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be greater than 0 and finite, is " + value);
        }
    }

    /** The weight that a configuration describes. */
    static LossWeight of(LossWeightConfig config, double sigmaData) {
        return switch (config.kind()) {
            case UNIFORM -> uniform();
            case MIN_SNR -> minSnr(config.gamma());
            case SOFT_MIN_SNR -> softMinSnr(config.gamma());
            case P2 -> p2(config.p2K(), config.p2Gamma());
            case EDM -> edm(sigmaData);
        };
    }
}
