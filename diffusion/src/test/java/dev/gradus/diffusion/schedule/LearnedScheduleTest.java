package dev.gradus.diffusion.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * A known case: the loss of the noise at log-SNR s is {@code loss(s) E} with E exponential of mean 1. The estimate of its
 * integral over s from one time drawn uniformly is l |ds/dt|.
 */
class LearnedScheduleTest {
    private static final NoiseSchedule GIVEN = BetaSchedule.cosine(1000);
    private static final DoubleUnaryOperator LOSS = s -> 1 / (1 + Math.exp(-(s - 2) / 2)) + 0.01;

    private final Random random = new Random(1);

    private void train(LearnedSchedule schedule, int steps, double tMin) {
        for (int step = 0; step < steps; step++) {
            double[] times = random.doubles(64, tMin, 1).toArray();
            double[] losses = Arrays.stream(times)
                    .map(t -> LOSS.applyAsDouble(schedule.at(t).logSnr()) * -Math.log(1 - random.nextDouble()))
                    .toArray();
            schedule.observe(times, losses);
        }
    }

    /** Mean and variance of l |ds/dt| over t, on a grid, with E[E] = 1 and E[E^2] = 2. */
    private static double[] moments(LearnedSchedule schedule) {
        int n = 200_000;
        double mean = 0;
        double second = 0;
        for (int i = 0; i < n; i++) {
            double low = schedule.at(i / (double) n).logSnr();
            double high = schedule.at((i + 1) / (double) n).logSnr();
            double estimate = LOSS.applyAsDouble((low + high) / 2) * (low - high) * n;
            mean += estimate / n;
            second += 2 * estimate * estimate / n;
        }
        return new double[] {mean, second - mean * mean};
    }

    @Test
    void theVarianceOfTheLossEstimateFallsToItsLeast() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.01);
        double[] before = moments(schedule);
        train(schedule, 3000, 0);
        double[] after = moments(schedule);
        // The integral is the same whatever the schedule.
        assertEquals(before[0], after[0], 1e-3 * before[0]);
        // The least second moment, by Cauchy and Schwarz, is 2 (integral of the loss)^2; so the least variance is
        // mean^2.
        double least = before[0] * before[0];
        assertTrue(before[1] > 2 * least, () -> "variance before: " + before[1] + ", least: " + least);
        // The gradient is a noisy one, so it does not come to rest there.
        assertTrue(after[1] < 1.2 * least, () -> "variance after: " + after[1] + ", least: " + least);
    }

    @Test
    void equalTimesCarryEqualLossesAfterSpacing() {
        LearnedSchedule schedule = LearnedSchedule.equalDifficulty(GIVEN);
        train(schedule, 3000, 0);
        schedule.respace();
        double[] carried = new double[8];
        for (int i = 0; i < 8000; i++) {
            double low = schedule.at(i / 8000.0).logSnr();
            double high = schedule.at((i + 1) / 8000.0).logSnr();
            carried[i / 1000] += LOSS.applyAsDouble((low + high) / 2) * (low - high);
        }
        double mean = Arrays.stream(carried).average().orElseThrow();
        for (double piece : carried) {
            // The running mean of a cell is one of about 100 losses, and there are 8 cells in a piece.
            assertEquals(mean, piece, 0.15 * mean);
        }
    }

    @Test
    void bothEndsStayAndTheScheduleStaysMonotone() {
        NoiseLevel least = GIVEN.at(0);
        NoiseLevel most = GIVEN.at(999);
        LearnedSchedule variance = LearnedSchedule.leastVariance(GIVEN, 0.5);
        LearnedSchedule difficulty = LearnedSchedule.equalDifficulty(GIVEN);
        for (LearnedSchedule schedule : new LearnedSchedule[] {variance, difficulty}) {
            for (int round = 0; round < 20; round++) {
                // Losses that are all at one end drive the speed as far as it goes.
                double[] times = random.doubles(64, 0, 1).toArray();
                schedule.observe(
                        times,
                        Arrays.stream(times).map(t -> t < 0.5 ? 1e6 : 1e-6).toArray());
                schedule.respace();
                assertEquals(least.logSnr(), schedule.at(0).logSnr(), 1e-9);
                assertEquals(most.logSnr(), schedule.at(1).logSnr(), 1e-9);
                double before = Double.POSITIVE_INFINITY;
                for (int i = 0; i <= 1000; i++) {
                    double logSnr = schedule.at(i / 1000.0).logSnr();
                    assertTrue(logSnr < before);
                    before = logSnr;
                }
            }
        }
    }

    @Test
    void itStartsAsTheGivenSchedule() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.01);
        for (int t = 0; t <= 999; t += 37) {
            // Piecewise linear in 64 pieces.
            assertEquals(t / 999.0, schedule.timeOf(GIVEN.at(t).logSnr()), 0.005);
            assertEquals(1, schedule.importance(t / 999.0), 1e-9);
        }
    }

    @Test
    void timesThatAStageDoesNotDrawKeepTheirLevels() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.05);
        double[] before = {0.1, 0.3, 0.45};
        double[] levels =
                Arrays.stream(before).map(t -> schedule.at(t).logSnr()).toArray();
        double inside = schedule.at(0.8).logSnr();
        train(schedule, 200, 0.5);
        assertArrayEquals(
                levels, Arrays.stream(before).map(t -> schedule.at(t).logSnr()).toArray(), 0.02);
        assertTrue(Math.abs(inside - schedule.at(0.8).logSnr()) > 0.1);
    }

    @Test
    void importanceKeepsTheExpectedLoss() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.01);
        DoubleUnaryOperator expected = x -> {
            double sum = 0;
            for (int i = 0; i < 20_000; i++) {
                double t = (i + 0.5) / 20_000;
                sum += schedule.importance(t)
                        * LOSS.applyAsDouble(schedule.at(t).logSnr())
                        / 20_000;
            }
            return sum;
        };
        double before = expected.applyAsDouble(0);
        train(schedule, 1000, 0);
        assertEquals(before, expected.applyAsDouble(0), 1e-3 * before);
    }

    @Test
    void theNetworkIsToldTheLogSnr() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.05);
        double logSnr = 1.5;
        double before = schedule.networkTime(schedule.timeOf(logSnr));
        train(schedule, 300, 0);
        assertEquals(before, schedule.networkTime(schedule.timeOf(logSnr)), 1e-6);
        assertEquals(0, schedule.networkTime(0), 1e-9);
        assertEquals(1000, schedule.networkTime(1), 1e-9);
    }

    @Test
    void aRestoredScheduleGoesOnTheSame() throws IOException {
        LearnedSchedule whole = LearnedSchedule.leastVariance(GIVEN, 0.01);
        train(whole, 50, 0);
        LearnedSchedule restored = LearnedSchedule.leastVariance(GIVEN, 0.01);
        restored.restore(new ObjectMapper().readTree(whole.state().toString()));
        double[] times = {0.1, 0.5, 0.9};
        double[] losses = {1, 2, 3};
        whole.observe(times, losses);
        restored.observe(times, losses);
        assertEquals(whole.state(), restored.state());
    }

    @Test
    void statesThatDoNotFitAreRefused() {
        LearnedSchedule schedule = LearnedSchedule.leastVariance(GIVEN, 0.01);
        ObjectNode state = schedule.state();
        state.withArray("share").remove(0);
        assertThrows(IllegalArgumentException.class, () -> schedule.restore(state));
        ObjectNode negative = schedule.state();
        negative.withArray("share").set(0, -1.0);
        assertThrows(IllegalArgumentException.class, () -> schedule.restore(negative));
        assertThrows(IllegalArgumentException.class, () -> LearnedSchedule.leastVariance(GIVEN, 0));
    }
}
