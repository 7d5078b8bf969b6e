package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.ArrayList;
import java.util.List;

/**
 * The timesteps that a sampler visits, from high noise to low.
 *
 * @param steps at least one
 */
public record SamplingSteps(List<Step> steps) {
    /**
     * One step.
     *
     * @param level where the step starts
     * @param next where it ends; {@link NoiseLevel#clean} after the last step, whose result is the image
     */
    public record Step(NoiseLevel level, NoiseLevel next) {
        /** alpha^2 where the step starts. */
        double alphaSquared() {
            return level.alpha() * level.alpha();
        }

        /** alpha^2 where it ends. */
        double nextAlphaSquared() {
            return next.alpha() * next.alpha();
        }
    }

    public SamplingSteps {
        steps = List.copyOf(steps);
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a sampler needs at least 1 step");
        }
    }

    /**
     * {@code count} steps of equal length over the timesteps of a schedule (Lin et al., arXiv 2305.08891, table 2).
     * {@code leading}: 0, r, 2r, ... with r = floor(T / count). {@code trailing}: T - 1 and down by T / count, rounded.
     *
     * @param count from 1 to the number of timesteps
     */
    public static SamplingSteps of(Spacing spacing, int count, NoiseSchedule schedule) {
        if (!schedule.isDiscrete()) {
            return continuous(count, schedule);
        }
        int timesteps = schedule.timesteps();
        if (count < 1 || count > timesteps) {
            throw new IllegalArgumentException("steps must be from 1 to " + timesteps + ", not " + count);
        }
        List<Step> steps = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            NoiseLevel next =
                    i + 1 < count ? schedule.at(timestep(spacing, i + 1, count, timesteps)) : NoiseLevel.clean(0);
            steps.add(new Step(schedule.at(timestep(spacing, i, count, timesteps)), next));
        }
        return new SamplingSteps(steps);
    }

    private static SamplingSteps continuous(int count, NoiseSchedule schedule) {
        List<Step> steps = new ArrayList<>(count);
        double step = (schedule.tMax() - schedule.tMin()) / count;
        for (int i = 0; i < count; i++) {
            NoiseLevel next = i + 1 < count ? schedule.at(schedule.tMax() - (i + 1) * step) : NoiseLevel.clean(0);
            steps.add(new Step(schedule.at(schedule.tMax() - i * step), next));
        }
        return new SamplingSteps(steps);
    }

    private static int timestep(Spacing spacing, int i, int count, int timesteps) {
        return switch (spacing) {
            case LEADING -> (count - 1 - i) * (timesteps / count);
            // rint rounds halves to even, as numpy does.
            case TRAILING -> (int) Math.rint(timesteps - i * ((double) timesteps / count)) - 1;
        };
    }
}
