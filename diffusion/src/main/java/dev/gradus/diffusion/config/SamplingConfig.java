package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * How images are drawn. A noise level is named by sigma / alpha, the noise on an image whose own factor is 1; that is
 * EDM's sigma, and means the same on every schedule.
 *
 * @param sampler the way from noise to an image
 * @param count images per picture
 * @param steps denoising steps per image, at most {@code schedule.timesteps}
 * @param eta noise of {@code ddim}: 0 is deterministic, 1 is as random as {@code ddpm}; the others do not use it
 * @param variance how much noise {@code ddpm} adds; the others do not use it
 * @param spacing which noise levels the steps stop at
 * @param rho how far {@code karras} moves the stops to low noise; 7 in the paper
 * @param clip the bound on the absolute value of the estimated x0 in each step; 0 leaves it as it is
 * @param clipNoise whether {@code ddim} computes the noise that goes with a clipped x0 anew, or keeps that of the
 *     network; diffusers calls it {@code use_clipped_model_output}
 * @param threshold dynamic thresholding, which takes the place of {@code clip}
 * @param churn the noise that {@code edm} adds
 * @param guidance classifier-free guidance
 * @param precision of the network; the steps around it are always in float32
 */
public record SamplingConfig(
        Kind sampler,
        int count,
        int steps,
        double eta,
        Variance variance,
        Spacing spacing,
        double rho,
        double clip,
        boolean clipNoise,
        Threshold threshold,
        Churn churn,
        Guidance guidance,
        Precision precision) {
    /** The samplers. The package {@code dev.gradus.diffusion.sampler} has their formulas and sources. */
    public enum Kind {
        /** Song, Meng and Ermon: order 1, deterministic with eta 0. */
        DDIM,
        /** Ho, Jain and Abbeel: fresh noise in each step. */
        DDPM,
        /** Euler's method in sigma / alpha: order 1. The same as {@code ddim} with eta 0 where nothing is clipped. */
        EULER,
        /** Heun's method in sigma / alpha: order 2, two calls of the network per step. */
        HEUN,
        /** Euler's method to a lower level, and fresh noise up to the next one. The same map as {@code ddpm}. */
        EULER_ANCESTRAL,
        /** DPM-Solver++ (2M) of Lu et al.: order 2 from the estimate of the step before, one call per step. */
        DPM_SOLVER_2M,
        /** SDE-DPM-Solver++ (2M): the same with fresh noise in each step. */
        SDE_DPM_SOLVER_2M,
        /** Karras et al.: noise is added, then a step by {@code heun} goes past where it was. Wants {@code karras} spacing. */
        EDM,
        /** Euler's method in the time of flow matching: order 1. */
        FLOW_EULER,
        /** Heun's method in the time of flow matching: order 2, two calls of the network per step. */
        FLOW_HEUN
    }

    /**
     * The variance of the noise that a step of {@code ddpm} adds (Ho et al., arXiv 2006.11239, section 3.2). The last step adds
     * none.
     */
    public enum Variance {
        /** That of the posterior of the next state, as if x0 were known: {@code fixed_small} in diffusers. */
        SMALL,
        /** That of the noise which the forward process adds between the two levels: {@code fixed_large} in diffusers. */
        LARGE
    }

    /** Where the steps stop. The last step goes from the last stop to the image itself. */
    public enum Spacing {
        /** {@code karras} for {@code heun} and {@code edm}, which go astray with the others, else {@code trailing}. */
        AUTO,
        /** Equal steps of t that end at the least noise, and begin below the most. */
        LEADING,
        /** Equal steps of t that begin at the most noise. */
        TRAILING,
        /** Equal steps of t from the most noise to the least. */
        LINSPACE,
        /** Equal steps of (sigma / alpha)^(1 / rho). */
        KARRAS,
        /** Equal steps of ln(sigma / alpha). */
        EXPONENTIAL
    }

    /**
     * Dynamic thresholding (Saharia et al., arXiv 2205.11487, section 2.3): each estimated x0 is clipped to [-s, s] and
     * divided by s, where s is a quantile of the absolute values of its pixels, but at least 1.
     *
     * @param quantile from 0 to 1; 0 is off, 0.995 in the paper
     * @param max the greatest s, at least 1; diffusers calls it {@code sample_max_value}
     */
    public record Threshold(double quantile, double max) {
        public Threshold {
            Check.range("sampling.threshold.quantile", quantile, 0, 1);
            if (!(max >= 1 && max < Double.POSITIVE_INFINITY)) {
                throw new ConfigException("sampling.threshold.max", "must be at least 1 and finite, is " + max);
            }
        }
    }

    /**
     * The noise that {@code edm} adds before each step (Karras et al., arXiv 2206.00364, algorithm 2).
     *
     * @param amount S_churn: sigma is raised by the factor 1 + min(amount / steps, sqrt(2) - 1); 0 adds none
     * @param sigmaMin S_tmin, the least sigma / alpha at which it does
     * @param sigmaMax S_tmax, the greatest
     * @param noise S_noise, the standard deviation of the noise; 1 keeps the distribution
     */
    public record Churn(double amount, double sigmaMin, double sigmaMax, double noise) {
        public Churn {
            Check.notNegative("sampling.churn.amount", amount);
            checkInterval("sampling.churn", sigmaMin, sigmaMax);
            Check.notNegative("sampling.churn.noise", noise);
        }
    }

    /**
     * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598) in an interval of noise levels (Kynkaanniemi et al.,
     * arXiv 2404.07724).
     *
     * @param scale w in x0 = unconditional + w (conditional - unconditional); 1 is off
     * @param sigmaMin guidance is used where sigma / alpha is greater than this
     * @param sigmaMax and at most this
     */
    public record Guidance(double scale, double sigmaMin, double sigmaMax) {
        public Guidance {
            Check.range("sampling.guidance.scale", scale, 0, 1000);
            checkInterval("sampling.guidance", sigmaMin, sigmaMax);
        }
    }

    /** What the network computes in. */
    public enum Precision {
        /** The same images as everywhere else. */
        FP32,
        /**
         * Under bfloat16 autocast: twice as fast or more where there are instructions for it (AMX, AVX-512 BF16, tensor cores),
         * much slower where there are none.
         */
        BF16
    }

    /** Above every sigma / alpha that there is. */
    private static final double UNLIMITED = 1e6;

    public SamplingConfig {
        Check.present("sampling.sampler", sampler);
        Check.range("sampling.count", count, 1, 4096);
        Check.range("sampling.steps", steps, 1, 1_000_000);
        Check.range("sampling.eta", eta, 0, 1);
        Check.present("sampling.variance", variance);
        Check.present("sampling.spacing", spacing);
        Check.positive("sampling.rho", rho);
        if (!(clip >= 0 && clip < Double.POSITIVE_INFINITY)) {
            throw new ConfigException("sampling.clip", "must be at least 0 (0 is off) and finite, is " + clip);
        }
        Check.present("sampling.threshold", threshold);
        Check.present("sampling.churn", churn);
        Check.present("sampling.guidance", guidance);
        Check.present("sampling.precision", precision);
    }

    private static void checkInterval(String key, double sigmaMin, double sigmaMax) {
        Check.notNegative(key + ".sigmaMin", sigmaMin);
        if (!(sigmaMax >= sigmaMin && sigmaMax < Double.POSITIVE_INFINITY)) {
            throw new ConfigException(
                    key + ".sigmaMax", "must be at least " + key + ".sigmaMin and finite, is " + sigmaMax);
        }
    }

    /** Where the steps stop: {@link #spacing}, but never {@code auto}. */
    public Spacing stops() {
        if (spacing != Spacing.AUTO) {
            return spacing;
        }
        return sampler == Kind.HEUN || sampler == Kind.EDM ? Spacing.KARRAS : Spacing.TRAILING;
    }

    /**
     * A copy with one value changed, as {@link TrainConfig#with}: {@code with("guidance.scale", 3.0)}.
     *
     * @throws ConfigException if there is no such key, the value has another type, or the result is not valid
     */
    public SamplingConfig with(String key, Object value) {
        return Copies.with(this, key, value);
    }

    /** 64 images by 50 deterministic DDIM steps. */
    public static SamplingConfig defaults() {
        return new SamplingConfig(
                Kind.DDIM,
                64,
                50,
                0,
                Variance.SMALL,
                Spacing.AUTO,
                7,
                1,
                false,
                new Threshold(0, UNLIMITED),
                new Churn(0, 0, UNLIMITED, 1),
                new Guidance(1, 0, UNLIMITED),
                Precision.FP32);
    }
}
