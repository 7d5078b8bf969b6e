package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.OptimizerConfig;
import dev.gradus.diffusion.config.OptimizerConfig.LrSchedule;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearningRateTest {
    private static LearningRate rate(LrSchedule schedule, int warmup) {
        return rate(schedule, warmup, 0);
    }

    private static LearningRate rate(LrSchedule schedule, int warmup, int decayAfter) {
        return new LearningRate(
                new OptimizerConfig(2, schedule, warmup, decayAfter, List.of(0.9, 0.999), 1e-8, 0, 1), 110);
    }

    @Test
    void warmupRisesLinearlyToTheRate() {
        LearningRate rate = rate(LrSchedule.CONSTANT, 10);
        assertEquals(0.2, rate.at(0), 1e-12);
        assertEquals(1.0, rate.at(4), 1e-12);
        assertEquals(2.0, rate.at(9), 1e-12);
        assertEquals(2.0, rate.at(109), 1e-12);
    }

    @Test
    void cosineFallsFromTheRateTowardsZero() {
        LearningRate rate = rate(LrSchedule.COSINE, 10);
        assertEquals(2.0, rate.at(10), 1e-12);
        assertEquals(1.0, rate.at(60), 1e-12);
        assertEquals(1 + Math.cos(Math.PI * 0.99), rate.at(109), 1e-12);
    }

    @Test
    void inverseSquareRootFallsFromTheEndOfTheWarmupOrFromWhereItIsTold() {
        LearningRate rate = rate(LrSchedule.INVERSE_SQRT, 10);
        assertEquals(1.0, rate.at(4), 1e-12);
        assertEquals(2.0, rate.at(9), 1e-12);
        assertEquals(2 / Math.sqrt(4), rate.at(39), 1e-12);
        LearningRate late = rate(LrSchedule.INVERSE_SQRT, 10, 25);
        assertEquals(2.0, late.at(10), 1e-12);
        assertEquals(2.0, late.at(24), 1e-12);
        assertEquals(1.0, late.at(99), 1e-12);
        assertEquals(2 / Math.sqrt(2), rate(LrSchedule.INVERSE_SQRT, 0).at(1), 1e-12);
    }

    @Test
    void noWarmupStartsAtTheRate() {
        assertEquals(2.0, rate(LrSchedule.CONSTANT, 0).at(0));
    }
}
