package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * The discrete noise schedule.
 *
 * @param kind how beta runs over the timesteps
 * @param timesteps T, the number of timesteps, numbered 0 (least noise) to T - 1
 * @param betaStart beta at timestep 0; used by {@code linear}
 * @param betaEnd beta at timestep T - 1; used by {@code linear}
 */
public record ScheduleConfig(Kind kind, int timesteps, double betaStart, double betaEnd) {
    public enum Kind {
        LINEAR,
        COSINE
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
    }

    /** The cosine schedule with 1000 timesteps. */
    public static ScheduleConfig defaults() {
        return new ScheduleConfig(Kind.COSINE, 1000, 1e-4, 0.02);
    }
}
