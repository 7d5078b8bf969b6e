package dev.gradus.diffusion.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.ScheduleConfig.Kind;
import dev.gradus.diffusion.config.ScheduleConfig.Learned;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NoiseScheduleTest {
    private static Stream<Arguments> schedules() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(Learned.values()).map(learned -> Arguments.of(kind, learned)));
    }

    private static NoiseSchedule of(Kind kind, Learned learned) {
        return NoiseSchedule.of(new ScheduleConfig(kind, 1000, 1e-4, 0.02, 0.002, 80, learned, 0.01));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void noiseRisesFromEndToEnd(Kind kind, Learned learned) {
        NoiseSchedule schedule = of(kind, learned);
        NoiseLevel before = schedule.at(schedule.tMin());
        for (int i = 1; i <= 500; i++) {
            double t = schedule.tMin() + (schedule.tMax() - schedule.tMin()) * i / 500;
            NoiseLevel level = schedule.at(t);
            assertTrue(level.logSnr() < before.logSnr(), () -> "log-SNR at t = " + t);
            before = level;
        }
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void timeOfIsTheInverse(Kind kind, Learned learned) {
        NoiseSchedule schedule = of(kind, learned);
        double length = schedule.tMax() - schedule.tMin();
        for (int i = 0; i <= 97; i++) {
            double t = schedule.tMin() + length * i / 97;
            assertEquals(t, schedule.timeOf(schedule.at(t).logSnr()), 1e-4 * length);
        }
        assertEquals(schedule.tMin(), schedule.timeOf(1000));
        assertEquals(schedule.tMax(), schedule.timeOf(-1000));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void timesOutsideAreRefused(Kind kind, Learned learned) {
        NoiseSchedule schedule = of(kind, learned);
        for (double t : new double[] {schedule.tMin() - 1e-3, schedule.tMax() + 1e-3, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> schedule.at(t));
        }
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void levelsLieOnThePath(Kind kind, Learned learned) {
        NoiseSchedule schedule = of(kind, learned);
        for (int i = 0; i <= 20; i++) {
            double t = schedule.tMin() + (schedule.tMax() - schedule.tMin()) * i / 20;
            NoiseLevel level = schedule.at(Math.min(t, schedule.tMax()));
            double alpha = level.alpha();
            double sigma = level.sigma();
            double distance = switch (schedule.path()) {
                case STRAIGHT -> alpha + sigma - 1;
                case COSINE, CIRCLE -> alpha * alpha + sigma * sigma - 1;
                case ADDITIVE -> alpha - 1;
            };
            // Whole timesteps have float32 values.
            assertEquals(0, distance, 1e-7);
        }
    }

    /** The tangent of a path against a difference quotient along the schedule that runs on it in its own time. */
    @Test
    void tangentsAreDerivatives() {
        double h = 1e-6;
        for (NoiseSchedule schedule : new NoiseSchedule[] {FlowSchedule.linear(), FlowSchedule.cosine()}) {
            for (double t : new double[] {0.1, 0.5, 0.9}) {
                NoiseLevel low = schedule.at(t - h);
                NoiseLevel high = schedule.at(t + h);
                NoiseLevel here = schedule.at(t);
                assertEquals(
                        (high.alpha() - low.alpha()) / (2 * h), schedule.path().alphaDerivative(here), 1e-8);
                assertEquals(
                        (high.sigma() - low.sigma()) / (2 * h), schedule.path().sigmaDerivative(here), 1e-8);
            }
        }
    }

    @Test
    void betweenTwoTimestepsTheLogSnrIsLinear() {
        BetaSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        double before = schedule.at(500).logSnr();
        double after = schedule.at(501).logSnr();
        assertEquals(0.7 * before + 0.3 * after, schedule.at(500.3).logSnr(), 1e-6);
        assertEquals(500.3, schedule.timeOf(0.7 * before + 0.3 * after), 1e-4);
    }

    /** torch: (torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2); cumprod(1 - betas)[[0, 499, 999]]. */
    @Test
    void scaledLinearBetasAreThoseOfLatentDiffusion() {
        BetaSchedule schedule = BetaSchedule.scaledLinear(0.00085, 0.012, 1000);
        assertEquals(SCALED[0], schedule.alphaCumprod(0), 1e-7);
        assertEquals(SCALED[1], schedule.alphaCumprod(499), 1e-6);
        assertEquals(SCALED[2], schedule.alphaCumprod(999), 1e-7);
    }

    private static final double[] SCALED = {0.9991499781608582, 0.27766942977905273, 0.00466009508818388};

    @Test
    void edmTellsTheNetworkAQuarterOfTheLogarithm() {
        NoiseSchedule schedule = new EdmSchedule(0.002, 80);
        assertEquals(80, schedule.at(schedule.tMax()).sigma());
        assertEquals(0.002, schedule.at(schedule.tMin()).sigma());
        assertEquals(Math.log(3) / 4, schedule.networkTime(Math.log(3)), 1e-12);
        assertEquals(Math.log(3), schedule.timeOf(-2 * Math.log(3)), 1e-12);
    }

    @Test
    void impossibleLevelsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new NoiseLevel(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new NoiseLevel(0, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new NoiseLevel(0, 1, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new EdmSchedule(1, 1));
        assertThrows(IllegalArgumentException.class, () -> new EdmSchedule(0, 1));
    }
}
