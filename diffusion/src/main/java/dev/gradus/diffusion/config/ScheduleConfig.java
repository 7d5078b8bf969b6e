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
 */
public record ScheduleConfig(
        Kind kind, int timesteps, double betaStart, double betaEnd, double sigmaMin, double sigmaMax) {
    public enum Kind {
        LINEAR,
        SCALED_LINEAR,
        COSINE,
        EDM,
        FLOW_LINEAR,
        FLOW_COSINE;

        /** Whether the schedule has timesteps to count. */
        public boolean isDiscrete() {
            return this == LINEAR || this == SCALED_LINEAR || this == COSINE;
        }
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
        if (!(sigmaMax > sigmaMin && sigmaMax < Double.POSITIVE_INFINITY)) {
            throw new ConfigException(
                    "schedule.sigmaMax", "must be greater than schedule.sigmaMin and finite, is " + sigmaMax);
        }
    }

    /** The cosine schedule with 1000 timesteps. */
    public static ScheduleConfig defaults() {
        return new ScheduleConfig(Kind.COSINE, 1000, 1e-4, 0.02, 0.002, 80);
    }
}
