package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Device;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixtureEntropyTest {
    /** From little to much noise, over steps that are small enough for the ratio form: it diverges where sigma doubles. */
    private static final List<Transition> TRANSITIONS = List.of(
            transition(1, 0.05, 0.055), transition(2, 0.3, 0.33), transition(3, 0.6, 0.65), transition(4, 0.9, 0.91));

    /** Over large steps. */
    private static final List<Transition> LEAPS =
            List.of(transition(1, 0.05, 0.1), transition(2, 0.3, 0.6), transition(3, 0.6, 0.99));

    /** Of a true value, one of 15,000 estimates lies farther away: the seeds are fixed, so these tests are not flaky. */
    private static final double STANDARD_ERRORS = 4;

    private static Transition transition(double t, double sigmaBefore, double sigma) {
        return new Transition(level(t - 1, sigmaBefore), level(t, sigma));
    }

    private static NoiseLevel level(double t, double sigma) {
        return new NoiseLevel(t, Math.sqrt(1 - sigma * sigma), sigma);
    }

    private static EntropyOptions options(int samples, long memory) {
        return new EntropyOptions(samples, 0, 17, memory, Device.cpu());
    }

    private static List<MixtureEstimate> estimate(
            ImageDataset data, List<Transition> transitions, EntropyOptions options) {
        try (MixtureEntropy entropy = new MixtureEntropy(data, transitions, options)) {
            return entropy.estimate((what, done, total) -> {});
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10})
    void isExactForOneImageWhoseMarginalsAreGaussian(int dimension) {
        float[] point = new float[dimension];
        double squaredNorm = 0;
        for (int i = 0; i < dimension; i++) {
            point[i] = 0.3f * i - 1;
            squaredNorm += (double) point[i] * point[i];
        }
        List<MixtureEstimate> estimates = estimate(new Points(point), TRANSITIONS, options(4000, 1 << 20));
        for (int k = 0; k < TRANSITIONS.size(); k++) {
            Transition t = TRANSITIONS.get(k);
            double ratio = Math.pow(t.before().sigma() / t.after().sigma(), 2);
            double shift = Math.pow(
                            (t.before().alpha() - t.after().alpha()) / t.after().sigma(), 2)
                    * squaredNorm;
            double exact = 0.5 * (dimension * (ratio - 1 - Math.log(ratio)) + shift);
            assertEquals(exact, estimates.get(k).posterior().value(), 1e-12 * exact);
            assertEquals(0, estimates.get(k).posterior().standardError(), 1e-12);
            assertAgrees(exact, estimates.get(k).ratio(), 0.2);
        }
    }

    @Test
    void agreesWithIntegrationOverALine() {
        assertAgreesWithIntegration(Points.onALine(-0.9, -0.2, -0.1, 0.8), 1e-3);
    }

    @Test
    void agreesWithIntegrationOverAPlane() {
        assertAgreesWithIntegration(
                new Points(new float[] {-0.9f, 0.5f}, new float[] {0.4f, 0.45f}, new float[] {0.5f, 0.5f}, new float[] {
                    0.1f, -1
                }),
                0.02);
    }

    private static void assertAgreesWithIntegration(Points points, double spacing) {
        List<MixtureEstimate> estimates = estimate(points, TRANSITIONS, options(20_000, 1 << 24));
        for (int k = 0; k < TRANSITIONS.size(); k++) {
            double exact = Integration.relativeEntropy(TRANSITIONS.get(k), points, spacing);
            assertAgrees(exact, estimates.get(k).ratio(), 0.08);
            assertAgrees(exact, estimates.get(k).posterior(), 0.1);
        }
    }

    @Test
    void agreesWithIntegrationWhereNeighboursAreFarApart() {
        Points points = Points.onALine(-0.9, -0.2, -0.1, 0.8);
        List<MixtureEstimate> estimates = estimate(points, LEAPS, options(20_000, 1 << 24));
        for (int k = 0; k < LEAPS.size(); k++) {
            double exact = Integration.relativeEntropy(LEAPS.get(k), points, 1e-3);
            assertEquals(MixtureEstimate.Form.POSTERIOR, estimates.get(k).form());
            assertAgrees(exact, estimates.get(k).chosen(), 0.05);
        }
    }

    /** @param precision the largest standard error, as a part of the value, at which the comparison means something */
    private static void assertAgrees(double exact, Estimate estimate, double precision) {
        assertTrue(estimate.standardError() < precision * exact, () -> estimate + " is too vague for " + exact);
        assertEquals(exact, estimate.value(), STANDARD_ERRORS * estimate.standardError() + 1e-9 * exact);
    }

    @Test
    void doesNotDependOnTheSizeOfItsBlocks() {
        Points points = random(300, 20);
        int samples = 100;
        long small = 40_000;
        long large = 1 << 24;
        assertNotEquals(
                BlockPlan.within(small, 20, samples, 300, TRANSITIONS.size()),
                BlockPlan.within(large, 20, samples, 300, TRANSITIONS.size()));
        List<MixtureEstimate> one = estimate(points, TRANSITIONS, options(samples, large));
        List<MixtureEstimate> many = estimate(points, TRANSITIONS, options(samples, small));
        for (int k = 0; k < one.size(); k++) {
            // The order of additions differs, no more.
            assertEquals(one.get(k).ratio().value(), many.get(k).ratio().value(), 1e-11);
            assertEquals(one.get(k).posterior().value(), many.get(k).posterior().value(), 1e-11);
        }
    }

    @Test
    void isTheExactSumOverImagesWhereTheirNoiseDoesNotOverlap() {
        Points points = random(50, 784);
        Transition spikes = transition(1, 1e-4, 1e-3);
        MixtureEstimate estimate =
                estimate(points, List.of(spikes), options(20, 1 << 24)).getFirst();
        double squaredNorms = 0;
        for (float[] point : points.values()) {
            for (float x : point) {
                squaredNorms += (double) x * x / points.values().length;
            }
        }
        double exact = spikes.betweenImages(784, squaredNorms);
        assertEquals(MixtureEstimate.Form.POSTERIOR, estimate.form());
        assertEquals(exact, estimate.chosen().value(), 1e-12 * exact);
        assertEquals(0, estimate.chosen().standardError(), 1e-12);
        // r is 0 in every draw, so its mean, which is 1, is missing.
        assertEquals(
                exact - 1,
                estimate.ratio().value(),
                STANDARD_ERRORS * estimate.ratio().standardError());
    }

    @Test
    void usesTheRatioWhereNeighboursAreCloseAndItIsThePreciserOne() {
        Points points = random(50, 30);
        MixtureEstimate estimate = estimate(points, List.of(transition(1, 0.98, 0.981)), options(500, 1 << 24))
                .getFirst();
        assertEquals(MixtureEstimate.Form.RATIO, estimate.form());
        assertTrue(estimate.ratio().standardError() < estimate.posterior().standardError());
    }

    @Test
    void equalLevelsHaveNoRelativeEntropy() {
        MixtureEstimate estimate = estimate(random(50, 30), List.of(transition(1, 0.5, 0.5)), options(50, 1 << 24))
                .getFirst();
        assertEquals(0, estimate.ratio().value(), 1e-20);
        assertEquals(0, estimate.posterior().value(), 1e-10);
    }

    @Test
    void theSeedDecides() {
        Points points = random(20, 3);
        double[][] runs = IntStream.of(5, 5, 6)
                .mapToObj(seed -> estimate(points, TRANSITIONS, new EntropyOptions(10, 0, seed, 1 << 20, Device.cpu())))
                .map(list -> list.stream().mapToDouble(e -> e.ratio().value()).toArray())
                .toArray(double[][]::new);
        assertArrayEquals(runs[0], runs[1]);
        assertNotEquals(runs[0][2], runs[2][2]);
    }

    @Test
    void onlyTheImagesAskedForAreTheDataSet() {
        Points all = Points.onALine(0.5, -0.5, 1);
        MixtureEstimate first = estimate(all, TRANSITIONS, new EntropyOptions(10, 1, 0, 1 << 20, Device.cpu()))
                .get(1);
        assertEquals(
                TRANSITIONS.get(1).betweenImages(1, 0.25), first.posterior().value(), 1e-14);
    }

    @Test
    void saysHowMuchMemoryIsNeededAtLeast() {
        var e = assertThrows(
                IllegalArgumentException.class, () -> estimate(random(10, 100), TRANSITIONS, options(10, 1000)));
        assertEquals("a memory budget of 1000 bytes is too small; this data needs at least 3416", e.getMessage());
    }

    static Points random(int count, int dimension) {
        SplittableRandom random = new SplittableRandom(3);
        float[][] points = new float[count][dimension];
        for (float[] point : points) {
            for (int i = 0; i < dimension; i++) {
                point[i] = (float) (2 * random.nextDouble() - 1);
            }
        }
        return new Points(points);
    }
}
