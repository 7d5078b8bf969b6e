package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Expected timesteps as in table 2 of Lin et al. (arXiv 2305.08891), evaluated with numpy. */
class SamplingStepsTest {
    private static final NoiseSchedule SCHEDULE = BetaSchedule.linear(1e-4, 0.02, 1000);

    private static List<Double> timesteps(Spacing spacing, int count) {
        return SamplingSteps.of(spacing, count, SCHEDULE).steps().stream()
                .map(step -> step.level().t())
                .toList();
    }

    @Test
    void leadingEndsAtZero() {
        assertEquals(List.of(800.0, 600.0, 400.0, 200.0, 0.0), timesteps(Spacing.LEADING, 5));
        // numpy: (np.arange(0, 3) * (1000 // 3))[::-1]
        assertEquals(List.of(666.0, 333.0, 0.0), timesteps(Spacing.LEADING, 3));
    }

    @Test
    void trailingStartsAtTheLastTimestep() {
        assertEquals(List.of(999.0, 799.0, 599.0, 399.0, 199.0), timesteps(Spacing.TRAILING, 5));
        // numpy: np.round(np.arange(1000, 0, -1000 / 3)) - 1
        assertEquals(List.of(999.0, 666.0, 332.0), timesteps(Spacing.TRAILING, 3));
        // numpy rounds halves to even: np.round(np.arange(1000, 0, -1000 / 16)) - 1
        assertEquals(
                List.of(999.0, 937.0, 874.0, 811.0),
                timesteps(Spacing.TRAILING, 16).subList(0, 4));
    }

    @Test
    void allTimestepsAreVisitedWhenThereAreAsManySteps() {
        assertEquals(timesteps(Spacing.LEADING, 1000), timesteps(Spacing.TRAILING, 1000));
        assertEquals(0.0, timesteps(Spacing.TRAILING, 1000).getLast());
    }

    @Test
    void eachStepEndsWhereTheNextOneStarts() {
        List<SamplingSteps.Step> steps =
                SamplingSteps.of(Spacing.TRAILING, 7, SCHEDULE).steps();
        for (int i = 0; i + 1 < steps.size(); i++) {
            assertEquals(steps.get(i + 1).alphaSquared(), steps.get(i).nextAlphaSquared());
        }
        assertEquals(1, steps.getLast().nextAlphaSquared());
    }

    @Test
    void moreStepsThanTimestepsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> timesteps(Spacing.LEADING, 1001));
        assertThrows(IllegalArgumentException.class, () -> timesteps(Spacing.LEADING, 0));
    }
}
