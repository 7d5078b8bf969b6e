package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
    private TensorScope scope;
    private MetricGoldens goldens;

    @BeforeEach
    void open() throws Exception {
        scope = TensorScope.open();
        goldens = MetricGoldens.read();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Moments moments(Tensor features) {
        try (FeatureStatistics statistics = new FeatureStatistics(Math.toIntExact(features.size(1)))) {
            statistics.add(features);
            return statistics.moments();
        }
    }

    private static Tensor column(double... values) {
        return Torch.tensor(values, values.length, 1);
    }

    /** Standard normal, determined by the seed. */
    private static Tensor normal(long seed, long... shape) {
        try (Generator generator = Generator.cpu(seed)) {
            return Torch.randn(generator, TensorOptions.of(DType.FLOAT64), shape);
        }
    }

    // ---------------------------------------------------------- values made in Python

    /** Python's come from 40 digits; what is left are the roundings of the covariances. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "singular", "dead", "shifted"})
    void frechetDistanceIsThatOfPython(String name) {
        Moments generated = moments(goldens.tensor(name + ".generated"));
        Moments reference = moments(goldens.tensor(name + ".reference"));
        double expected = goldens.values(name + ".fid")[0];
        assertEquals(expected, FrechetDistance.between(generated, reference), 1e-8);
        assertEquals(expected, FrechetDistance.between(reference, generated), 1e-8, "in the other order");
    }

    /** Relative to the value, for kernels of features far from 0 are large and cancel. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "singular", "dead", "shifted"})
    void kernelDistanceIsThatOfPython(String name) {
        double tolerance = name.equals("shifted") ? 1e-6 : 1e-11;
        double expected = goldens.values(name + ".kid")[0];
        double[] subsets = goldens.values(name + ".kid_subsets");
        Tensor generated = goldens.tensor(name + ".generated");
        try (KernelDistance distance = new KernelDistance(goldens.tensor(name + ".reference"))) {
            assertEquals(expected, distance.unbiased(generated), tolerance * Math.abs(expected));
            KernelDistance.Subsets found = distance.overSubsets(
                    generated, goldens.rows(name + ".kid_generated"), goldens.rows(name + ".kid_reference"));
            assertEquals(subsets[0], found.mean(), tolerance * Math.abs(subsets[0]));
            assertEquals(subsets[1], found.spread(), tolerance * subsets[1]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "singular", "dead", "shifted"})
    void scoresFromNeighboursAreThoseOfPython(String name) {
        try (Manifolds manifolds = new Manifolds(goldens.tensor(name + ".reference"), 3, 5)) {
            Manifolds.Scores scores = manifolds.of(goldens.tensor(name + ".generated"));
            assertArrayEquals(
                    goldens.values(name + ".prdc"),
                    new double[] {scores.precision(), scores.recall(), scores.density(), scores.coverage()},
                    1e-12);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"regular", "singular", "zero", "diagonal"})
    void squareRootsAreThoseOfPython(String name) {
        Tensor matrix = goldens.tensor("matrix." + name);
        Tensor root = SymmetricMatrix.sqrt(matrix);
        assertArrayEquals(goldens.values("root." + name), root.contiguous().toDoubleArray(), 1e-6);
        assertTrue(root.matmul(root).allclose(matrix, 0, 1e-12, false), "the root's square is another matrix");
        Tensor factor = SymmetricMatrix.factor(matrix);
        assertTrue(factor.matmul(factor.transpose(0, 1)).allclose(matrix, 0, 1e-12, false), "the factor");
    }

    @Test
    void inceptionScoreIsThatOfPython() {
        double[] expected = goldens.values("inception_score");
        InceptionScore score = InceptionScore.of(goldens.tensor("probabilities"), 3);
        assertArrayEquals(expected, new double[] {score.mean(), score.spread()}, 1e-12);
    }

    // ------------------------------------------------------------------ closed forms

    /** Of Gaussians whose covariances have the same axes: |m1 - m2|^2 + sum (s1 - s2)^2 over the standard deviations. */
    @Test
    void frechetDistanceOfGaussiansWithTheSameAxesHasAClosedForm() {
        Tensor axes = Linalg.qr(normal(1, 3, 3)).q();
        Tensor first = axes.mul(Torch.tensor(4.0, 0.0, 9.0)).matmul(axes.transpose(0, 1));
        Tensor second = axes.mul(Torch.tensor(1.0, 0.25, 0.0)).matmul(axes.transpose(0, 1));
        Moments a = new Moments(Torch.tensor(1.0, 2.0, 3.0), first, 10);
        Moments b = new Moments(Torch.tensor(1.0, 0.0, 0.0), second, 10);
        assertEquals(4 + 9 + 1 + 0.25 + 9, FrechetDistance.between(a, b), 1e-9);
        assertEquals(0, FrechetDistance.between(a, a), 1e-9);
    }

    /** A 2 x 2 root has a closed form: tr sqrt(M) = sqrt(tr M + 2 sqrt(det M)). */
    @Test
    void frechetDistanceOfGaussiansInThePlaneHasAClosedForm() {
        Tensor first = Torch.tensor(new double[] {2, 1, 1, 3}, 2, 2);
        Tensor second = Torch.tensor(new double[] {5, -2, -2, 1}, 2, 2);
        double trace = first.matmul(second).trace().item();
        double root = Math.sqrt(trace + 2 * Math.sqrt(5 * 1));
        Tensor mean = Torch.tensor(0.0, 0.0);
        assertEquals(
                5 + 6 - 2 * root,
                FrechetDistance.between(new Moments(mean, first, 2), new Moments(mean, second, 2)),
                1e-9);
    }

    /** k(1,2) = 27 and k(0,3) = 1 within, 1 + 64 + 1 + 343 across. */
    @Test
    void kernelDistanceOfTwoPairsIsThatByHand() {
        try (KernelDistance distance = new KernelDistance(column(0, 3))) {
            assertEquals(27 + 1 - 2 * 409 / 4.0, distance.unbiased(column(1, 2)));
        }
    }

    /** Ten images each: with the diagonal of the kernel in it the mean would be far above 0. */
    @Test
    void kernelDistanceOfEqualDistributionsIsZeroOnAverage() {
        double[] estimates = new double[400];
        for (int i = 0; i < estimates.length; i++) {
            try (KernelDistance distance = new KernelDistance(normal(2 * i, 10, 4))) {
                estimates[i] = distance.unbiased(normal(2 * i + 1, 10, 4));
            }
        }
        Spread spread = Spread.of(estimates);
        double standardError = spread.deviation() / Math.sqrt(estimates.length);
        assertEquals(0, spread.mean(), 3 * standardError);
        // E[k(x,x)] - E[k(x,y)] = E[(|x|^2/4 + 1)^3] - 1 - 3/4 is above 10, so the biased estimate's mean is above 2.
        assertTrue(standardError < 0.2, "too few draws to tell: " + standardError);
    }

    @Test
    void scoresFromNeighboursOnALineAreThoseByHand() {
        try (Manifolds manifolds = new Manifolds(column(0, 1, 2, 10), 1, 1)) {
            assertEquals(new Manifolds.Scores(0.75, 1, 0.75, 0.75), manifolds.of(column(0, 2, 3, 30)));
        }
    }

    @Test
    void inceptionScoreIsTheNumberOfClassesAtTheMostAndOneAtTheLeast() {
        Tensor certain = Torch.eye(TensorOptions.of(DType.FLOAT64), 4);
        assertEquals(4, InceptionScore.of(certain, 1).mean(), 1e-12);
        assertEquals(1, InceptionScore.of(Torch.ones(8, 4).mul(0.25), 2).mean(), 1e-12);
        assertEquals(1, InceptionScore.of(certain, 4).mean(), 1e-12, "splits of one image");
    }

    // ------------------------------------------------------------------- much data

    /** 2,500 x 2,500 distances are more than one chunk. */
    @Test
    void chunksDoNotChangeTheScores() {
        Tensor generated = normal(7, 2_400, 3).mul(1.1);
        Tensor reference = normal(8, 2_500, 3);
        assertTrue(Matrices.rowsAtOnce(2_500) < 2_400, "the test does not need a second chunk");
        try (KernelDistance distance = new KernelDistance(reference);
                Manifolds manifolds = new Manifolds(reference, 3, 5)) {
            double expected = meanKernel(generated, generated, true)
                    + meanKernel(reference, reference, true)
                    - 2 * meanKernel(generated, reference, false);
            assertEquals(expected, distance.unbiased(generated), 1e-9);
            Tensor distances = Torch.cdist(reference, generated);
            Tensor radii = Torch.cdist(reference, reference)
                    .topk(6, 1, false)
                    .values()
                    .get("..., 5")
                    .unsqueeze(1);
            Tensor inside = distances.lt(radii);
            Manifolds.Scores scores = manifolds.of(generated);
            assertEquals(inside.sum().itemLong() / (5.0 * 2_400), scores.density(), 1e-12);
            assertEquals(inside.any(1, false).sum().itemLong() / 2_500.0, scores.coverage(), 1e-12);
        }
    }

    private static double meanKernel(Tensor x, Tensor y, boolean offDiagonal) {
        Tensor kernel = x.matmul(y.transpose(0, 1)).div(3.0).add(1.0).pow(3L);
        double sum = kernel.sum().item();
        double count = x.size(0);
        return offDiagonal ? (sum - kernel.trace().item()) / (count * (count - 1)) : sum / (count * y.size(0));
    }

    @Test
    void aSubsetOfAllImagesGivesTheEstimateFromAll() {
        try (KernelDistance distance =
                new KernelDistance(goldens.tensor("plain.reference").narrow(0, 0, 40))) {
            Tensor generated = goldens.tensor("plain.generated");
            KernelDistance.Subsets subsets = distance.overSubsets(generated, 3, 40, 1);
            assertEquals(distance.unbiased(generated), subsets.mean(), 1e-12);
            assertEquals(0, subsets.spread(), 1e-12);
        }
    }

    @Test
    void theSeedDeterminesTheSubsets() {
        try (KernelDistance distance = new KernelDistance(goldens.tensor("plain.reference"))) {
            Tensor generated = goldens.tensor("plain.generated");
            KernelDistance.Subsets first = distance.overSubsets(generated, 3, 10, 1);
            assertEquals(first, distance.overSubsets(generated, 3, 10, 1));
            assertNotEquals(first, distance.overSubsets(generated, 3, 10, 2));
        }
    }

    // --------------------------------------------------------------- what is refused

    @Test
    void whatTheMetricsCannotUseIsRefused() {
        Tensor good = normal(1, 8, 2);
        Tensor broken = good.clone();
        broken.set(Double.NaN, 3, 1);
        try (KernelDistance kernel = new KernelDistance(good);
                Manifolds manifolds = new Manifolds(good, 3, 5)) {
            refused("features of generated images hold a value that is not finite", () -> kernel.unbiased(broken));
            refused("features of generated images hold a value that is not finite", () -> manifolds.of(broken));
            refused("features of generated images of 1 images are too few", () -> kernel.unbiased(normal(1, 1, 2)));
            refused("of 3 images are too few; at least 4 are needed", () -> manifolds.of(normal(1, 3, 2)));
            refused("the generated images have 3 features each, those", () -> kernel.unbiased(normal(1, 8, 3)));
            refused("the generated images have 3 features each, those", () -> manifolds.of(normal(1, 8, 3)));
            refused("must be (N, D), one row an image; they are [8]", () -> kernel.unbiased(normal(1, 8)));
            refused("cannot draw 2 subsets of 9 out of 8 images", () -> kernel.overSubsets(good, 2, 9, 0));
        }
        refused("of 5 images are too few; at least 6 are needed", () -> new Manifolds(normal(1, 5, 2), 3, 5));
        refused("must be at least 1, is 0", () -> new Manifolds(good, 3, 0));
        refused("are these logits?", () -> InceptionScore.of(good, 1));
        refused("splits must be from 1 to the number of images, 8, is 9", () -> InceptionScore.of(good, 9));
        refused(
                "moments of 2 features cannot be compared with those of 3",
                () -> FrechetDistance.between(moments(good), moments(normal(1, 8, 3))));
        refused(
                "not positive semi-definite",
                () -> SymmetricMatrix.sqrt(Torch.tensor(new double[] {1, 2, 2, 1}, 2, 2)));
        refused("must be square, is [8, 2]", () -> SymmetricMatrix.sqrt(good));
    }

    private static void refused(String message, Executable call) {
        String found = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(found.contains(message), found);
    }
}
