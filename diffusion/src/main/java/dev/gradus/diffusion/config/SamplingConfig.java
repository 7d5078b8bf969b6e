package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * How the pictures of a run are drawn.
 *
 * @param sampler {@code ddim} or {@code ddpm}
 * @param count images per picture
 * @param steps denoising steps per image, at most {@code schedule.timesteps}
 * @param eta noise of DDIM: 0 is deterministic, 1 is as random as DDPM; not used by {@code ddpm}
 * @param spacing which timesteps the steps use: {@code trailing} starts at the last one, {@code leading} ends at 0
 * @param clip the bound on the absolute value of the predicted x0 in each step; 0 leaves it as it is
 */
public record SamplingConfig(Kind sampler, int count, int steps, double eta, Spacing spacing, double clip) {
    public enum Kind {
        DDIM,
        DDPM
    }

    public enum Spacing {
        LEADING,
        TRAILING
    }

    public SamplingConfig {
        Check.present("sampling.sampler", sampler);
        Check.range("sampling.count", count, 1, 4096);
        Check.range("sampling.steps", steps, 1, 1_000_000);
        Check.range("sampling.eta", eta, 0, 1);
        Check.present("sampling.spacing", spacing);
        if (!(clip >= 0 && clip < Double.POSITIVE_INFINITY)) {
            throw new ConfigException("sampling.clip", "must be at least 0 (0 is off) and finite, is " + clip);
        }
    }

    /** 64 images by 50 deterministic DDIM steps. */
    public static SamplingConfig defaults() {
        return new SamplingConfig(Kind.DDIM, 64, 50, 0, Spacing.TRAILING, 1);
    }
}
