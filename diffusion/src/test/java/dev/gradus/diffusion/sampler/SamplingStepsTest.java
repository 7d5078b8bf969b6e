package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole timesteps as in table 2 of Lin et al. (arXiv 2305.08891), evaluated with numpy; {@link SamplerGoldenTest} has more. */
class SamplingStepsTest {
    private static final NoiseSchedule SCHEDULE = BetaSchedule.linear(1e-4, 0.02, 1000);

    private static List<Double> timesteps(Spacing spacing, int count) {
        return SamplingSteps.of(spacing, count, 7, SCHEDULE).levels().subList(0, count).stream()
                .map(NoiseLevel::t)
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
    void linspaceHasBothEnds() {
        // numpy: np.linspace(0, 999, 5).round()[::-1], where 249.75 and 749.25 are rounded and 499.5 is to even
        assertEquals(List.of(999.0, 749.0, 500.0, 250.0, 0.0), timesteps(Spacing.LINSPACE, 5));
        assertEquals(List.of(999.0, 0.0), timesteps(Spacing.LINSPACE, 2));
    }

    @ParameterizedTest
    @EnumSource(names = {"LEADING", "TRAILING", "LINSPACE"})
    void allTimestepsAreVisitedWhenThereAreAsManySteps(Spacing spacing) {
        List<Double> all = timesteps(spacing, 1000);
        for (int i = 0; i < 1000; i++) {
            assertEquals(999 - i, all.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void aSingleStepBeginsAtTheMostNoise(Spacing spacing) {
        assertEquals(List.of(spacing == Spacing.LEADING ? 0.0 : 999.0), timesteps(spacing, 1));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void theLastStepEndsAtTheImage(Spacing spacing) {
        NoiseLevel last = SamplingSteps.of(spacing, 7, 7, SCHEDULE).levels().getLast();
        assertEquals(1, last.alpha());
        assertEquals(0, last.sigma());
    }

    @Test
    void karrasHasThePapersSigmas() {
        // Karras et al., equation 5 with sigma from 0.002 to 80 and rho 7: numpy's
        // (80 ** (1/7) + np.arange(5) / 4 * (0.002 ** (1/7) - 80 ** (1/7))) ** 7
        List<NoiseLevel> levels = SamplingSteps.of(Spacing.KARRAS, 5, 7, new EdmSchedule(0.002, 80))
                .levels();
        double[] expected = {80, 17.527831965, 2.51522, 0.169752756, 0.002, 0};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], levels.get(i).sigma(), 1e-5 * Math.max(1, expected[i]));
        }
    }

    @ParameterizedTest
    @EnumSource(SamplingConfig.Kind.class)
    void unlessToldOtherwiseHeunsMethodHasTheSpacingOfKarras(SamplingConfig.Kind kind) {
        boolean heun = kind == SamplingConfig.Kind.HEUN || kind == SamplingConfig.Kind.EDM;
        SamplingConfig config = SamplingConfig.defaults().with("sampler", kind);
        assertEquals(
                SamplingSteps.of(heun ? Spacing.KARRAS : Spacing.TRAILING, 50, 7, SCHEDULE),
                SamplingSteps.of(config, SCHEDULE));
        assertThrows(IllegalArgumentException.class, () -> SamplingSteps.of(Spacing.AUTO, 50, 7, SCHEDULE));
    }

    @Test
    void wrongCountsAreRefused() {
        for (int count : new int[] {1001, 0}) {
            assertThrows(IllegalArgumentException.class, () -> timesteps(Spacing.LEADING, count));
        }
    }

    @Test
    void levelsMustFall() {
        NoiseLevel level = SCHEDULE.at(3);
        for (List<NoiseLevel> levels :
                List.of(List.of(level), List.of(level, level), List.of(level, SCHEDULE.at(4)), List.<NoiseLevel>of())) {
            assertThrows(IllegalArgumentException.class, () -> new SamplingSteps(SCHEDULE, levels));
        }
    }
}
