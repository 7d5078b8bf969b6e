package dev.gradus.diffusion.config;

/**
 * How much each noise level counts in the loss.
 *
 * @param kind {@code uniform}, {@code min-snr}, {@code soft-min-snr}, {@code p2} or {@code edm}
 * @param gamma the SNR above which the weight stops growing; used by {@code min-snr} and {@code soft-min-snr}
 * @param p2K k of P2; used by {@code p2}
 * @param p2Gamma gamma of P2; used by {@code p2}
 */
public record LossWeightConfig(Kind kind, double gamma, double p2K, double p2Gamma) {
    public enum Kind {
        UNIFORM,
        MIN_SNR,
        SOFT_MIN_SNR,
        P2,
        EDM
    }

    public LossWeightConfig {
        Check.present("lossWeight.kind", kind);
        Check.positive("lossWeight.gamma", gamma);
        Check.positive("lossWeight.p2K", p2K);
        Check.notNegative("lossWeight.p2Gamma", p2Gamma);
    }

    /** Uniform; the others with the values of their papers. */
    public static LossWeightConfig defaults() {
        return new LossWeightConfig(Kind.UNIFORM, 5, 1, 1);
    }
}
