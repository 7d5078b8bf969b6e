package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.diffusion.schedule.FlowSchedule;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TimestepSamplerTest {
    private static final NoiseSchedule DISCRETE = BetaSchedule.linear(1e-4, 0.02, 1000);
    private static final NoiseSchedule EDM = new EdmSchedule(0.002, 80);
    private static final NoiseSchedule FLOW = FlowSchedule.linear();
    private static final int DRAWS = 40_000;

    /** Expected: g = torch.Generator().manual_seed(7); torch.randint(750, 1000, (8,), generator=g) and (0, 1000). */
    @Test
    void timestepsAreThoseOfPythonsRandint() {
        Curriculum curriculum = new Curriculum(
                List.of(TimestepSet.of(750, 1000), TimestepSet.of(0, 1000)),
                new FixedPacing(1),
                NoiseDistribution.uniform(DISCRETE),
                false);
        try (Generator generator = Generator.cpu(7)) {
            assertArrayEquals(new double[] {865, 892, 971, 786, 783, 847, 787, 779}, curriculum.sample(8, generator));
            curriculum.pace(1);
            assertArrayEquals(new double[] {988, 761, 158, 631, 8, 217, 262, 930}, curriculum.sample(8, generator));
        }
    }

    private static double[] draw(NoiseDistribution distribution, TimestepSet set, boolean stratified, int batch) {
        RestrictedDraw draw = new RestrictedDraw(distribution, stratified);
        try (Generator generator = Generator.cpu(3)) {
            return Stream.generate(() -> draw.sample(set, batch, generator))
                    .limit(DRAWS / batch)
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
        }
    }

    private static Stream<NoiseDistribution> distributions() {
        return Stream.of(
                NoiseDistribution.uniform(DISCRETE),
                NoiseDistribution.uniform(EDM),
                NoiseDistribution.uniform(FLOW),
                NoiseDistribution.logNormal(DISCRETE, -1.2, 1.2),
                NoiseDistribution.logNormal(EDM, -1.2, 1.2),
                NoiseDistribution.logNormal(FLOW, 0, 1),
                NoiseDistribution.logitNormal(DISCRETE, 0, 1),
                NoiseDistribution.logitNormal(EDM, -0.5, 1),
                NoiseDistribution.logitNormal(FLOW, 0, 1));
    }

    /** Kolmogorov and Smirnov: the largest distance between the two distribution functions times the root of n. */
    @ParameterizedTest
    @MethodSource("distributions")
    void drawsFollowTheDistributionRestrictedToTheSet(NoiseDistribution distribution) {
        double length = distribution.to() - distribution.from();
        double a = Math.rint(1000 * (distribution.from() + 0.3 * length)) / 1000;
        double b = Math.rint(1000 * (distribution.from() + 0.5 * length)) / 1000;
        double c = Math.rint(1000 * (distribution.from() + 0.7 * length)) / 1000;
        TimestepSet set = new TimestepSet(List.of(new TimestepRange(a, b), new TimestepRange(c, distribution.to())));
        double[] times = draw(distribution, set, false, 100);
        double lower = distribution.cumulative(b) - distribution.cumulative(a);
        double all = lower + 1 - distribution.cumulative(c);
        double worst = 0;
        for (double share = 0.3; share <= 1; share += 0.05) {
            double place = Math.rint(1000 * (distribution.from() + share * length)) / 1000;
            double expected = (distribution.cumulative(Math.min(place, b))
                            - distribution.cumulative(a)
                            + Math.max(0, distribution.cumulative(place) - distribution.cumulative(c)))
                    / all;
            double found = Arrays.stream(times).filter(t -> t < place).count() / (double) times.length;
            worst = Math.max(worst, Math.abs(expected - found));
        }
        assertTrue(Arrays.stream(times).allMatch(t -> t < distribution.to() && set.contains(t)));
        // Exceeded by chance once in a million draws of this test.
        assertTrue(worst * Math.sqrt(times.length) < 2.7, "distance " + worst);
    }

    @Test
    void logNormalSigmasHaveThePublishedMoments() {
        double[] times =
                draw(NoiseDistribution.logNormal(EDM, -1.2, 1.2), TimestepSet.of(EDM.tMin(), EDM.tMax()), false, 50);
        double mean = Arrays.stream(times).average().orElseThrow();
        double variance =
                Arrays.stream(times).map(t -> (t - mean) * (t - mean)).average().orElseThrow();
        assertEquals(-1.2, mean, 5 * 1.2 / Math.sqrt(times.length));
        assertEquals(1.2, Math.sqrt(variance), 5 * 1.2 / Math.sqrt(2.0 * times.length));
    }

    @Test
    void logitNormalTimesHaveTheirClosedForm() {
        NoiseDistribution distribution = NoiseDistribution.logitNormal(FLOW, 0.3, 0.8);
        NormalDistribution normal = NormalDistribution.of(0.3, 0.8);
        for (double logit : new double[] {-3, -1, 0, 0.3, 2}) {
            double t = 1e-4 + (1 - 2e-4) / (1 + Math.exp(-logit));
            assertEquals(normal.cumulativeProbability(logit), distribution.cumulative(t), 1e-12);
            assertEquals(t, distribution.quantile(distribution.cumulative(t)), 1e-12);
        }
    }

    @ParameterizedTest
    @MethodSource("distributions")
    void quantilesAndProbabilitiesAreInverse(NoiseDistribution distribution) {
        assertEquals(0, distribution.cumulative(distribution.from()));
        assertEquals(1, distribution.cumulative(distribution.to()));
        for (double p : new double[] {0.05, 0.25, 0.5, 0.75, 0.95}) {
            double t = distribution.quantile(p);
            assertEquals(p, distribution.cumulative(t), 1e-9);
        }
    }

    @Test
    void stratifiedDrawsHaveOneInEachPiece() {
        double[] times = draw(NoiseDistribution.uniform(DISCRETE), TimestepSet.of(200, 1000), true, 16);
        for (int i = 0; i < times.length; i++) {
            double low = 200 + 800.0 / 16 * (i % 16);
            assertTrue(times[i] >= low && times[i] < low + 50, times[i] + " in piece " + i % 16);
        }
    }

    @Test
    void aSetFarOutsideOfTheDistributionIsStillDrawn() {
        // ln sigma of 4 to 4.38 is 40 deviations above the mean: its probability is 0 in double.
        NoiseDistribution distribution = NoiseDistribution.logNormal(EDM, -4, 0.2);
        TimestepSet set = TimestepSet.of(4, EDM.tMax());
        double[] times = draw(distribution, set, false, 100);
        assertTrue(Arrays.stream(times).allMatch(set::contains));
        assertTrue(Arrays.stream(times).distinct().count() > 100);
    }

    @Test
    void impossibleDeviationsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> NoiseDistribution.logNormal(EDM, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> NoiseDistribution.logitNormal(EDM, 0, Double.NaN));
    }
}
