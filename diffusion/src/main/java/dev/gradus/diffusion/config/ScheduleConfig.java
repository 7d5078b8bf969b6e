package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * The noise schedule.
 *
 * @param kind {@code linear}, {@code scaled-linear} or {@code cosine}: discrete timesteps; {@code edm}: noise added to the
 *     image as it is; {@code flow-linear} and {@code flow-cosine}: the interpolants of flow matching
 * @param timesteps T, the number of timesteps of a discrete schedule, numbered 0 (least noise) to T - 1
 * @param betaStart beta at timestep 0; used by {@code linear} and {@code scaled-linear}
 * @param betaEnd beta at timestep T - 1; used by {@code linear} and {@code scaled-linear}
 * @param sigmaMin the least noise; used by {@code edm}
 * @param sigmaMax the most noise; used by {@code edm}
 * @param learned {@code none}; or what the speed in log-SNR is fitted to during training, between the ends of {@code kind}:
 *     {@code variance}, so that the variance of the loss falls, or {@code difficulty}, so that equal lengths of t carry equal
 *     losses
 * @param learnedLr the learning rate of that fit; used by {@code variance}
 */
public record ScheduleConfig(
        Kind kind,
        int timesteps,
        double betaStart,
        double betaEnd,
        double sigmaMin,
        double sigmaMax,
        Learned learned,
        double learnedLr) {
    public enum Kind {
        LINEAR,
        SCALED_LINEAR,
        COSINE,
        EDM,
        FLOW_LINEAR,
        FLOW_COSINE;

        private boolean isDiscrete() {
            return this == LINEAR || this == SCALED_LINEAR || this == COSINE;
        }
    }

    public enum Learned {
        NONE,
        VARIANCE,
        DIFFICULTY
    }

    public ScheduleConfig {
        Check.present("schedule.kind", kind);
        Check.range("schedule.timesteps", timesteps, 1, 1_000_000);
        if (!(betaStart > 0 && betaStart < 1)) {
            throw new ConfigException("schedule.betaStart", "must lie between 0 and 1, is " + betaStart);
        }
        if (!(betaEnd >= betaStart && betaEnd < 1)) {
            throw new ConfigException(
                    "schedule.betaEnd", "must be at least schedule.betaStart and below 1, is " + betaEnd);
        }
        Check.positive("schedule.sigmaMin", sigmaMin);
        Check.present("schedule.learned", learned);
        Check.positive("schedule.learnedLr", learnedLr);
        if (!(sigmaMax > sigmaMin && sigmaMax < Double.POSITIVE_INFINITY)) {
            throw new ConfigException(
                    "schedule.sigmaMax", "must be greater than schedule.sigmaMin and finite, is " + sigmaMax);
        }
    }

    /** Whether training draws whole timesteps, numbered 0 to T - 1. */
    public boolean isDiscrete() {
        return kind.isDiscrete() && learned == Learned.NONE;
    }

    /** The cosine schedule with 1000 timesteps. */
    public static ScheduleConfig defaults() {
        return new ScheduleConfig(Kind.COSINE, 1000, 1e-4, 0.02, 0.002, 80, Learned.NONE, 0.01);
    }
}
