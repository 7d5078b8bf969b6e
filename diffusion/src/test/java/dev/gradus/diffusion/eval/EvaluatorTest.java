package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorTest {
    private static final int IMAGES = 200;
    private static final ReferenceData REFERENCE = ReferenceData.of("corners", new TestImages(IMAGES, 8, true, 1));
    private static final EvaluationOptions OPTIONS = EvaluationOptions.defaults();

    @TempDir
    private Path folder;

    private TensorScope scope;
    private final Quarters extractor = new Quarters();

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** The mean brightness of each quarter; the classes are which is brightest. Counts the images it sees. */
    private static final class Quarters implements FeatureExtractor {
        private long seen;
        private String identity = "quarters";
        private boolean classes = true;
        private double factor = 1;
        private long extra;

        @Override
        public String name() {
            return "quarters-v1";
        }

        @Override
        public String identity() {
            return identity;
        }

        @Override
        public String description() {
            return "brightness of quarters";
        }

        @Override
        public int dims() {
            return 4;
        }

        @Override
        public boolean hasProbabilities() {
            return classes;
        }

        @Override
        public Output extract(Tensor images) {
            seen += images.size(0);
            Tensor means = images.reshape(images.size(0), 2, images.size(2) / 2, 2, -1)
                    .mean(2L, 4L)
                    .reshape(images.size(0), 4)
                    .mul(factor);
            Tensor features = Torch.cat(List.of(means, means.narrow(1, 0, extra)), 1);
            return new Output(features, classes ? means.mul(20.0).softmax(1) : null);
        }

        @Override
        public void close() {}
    }

    private Evaluator evaluator(EvaluationOptions options) throws IOException {
        return Evaluator.open(REFERENCE, extractor, options, new EvaluationCache(folder), EvaluationProgress.NONE);
    }

    private Evaluation evaluate(EvaluationOptions options, Tensor images) throws IOException {
        try (Evaluator evaluator = evaluator(options)) {
            return evaluator.evaluate(ImageSource.of(images), images.size(0), 7, EvaluationProgress.NONE);
        }
    }

    private static Tensor reference() {
        return new TestImages(IMAGES, 8, true, 1).tensor(IMAGES);
    }

    private static Tensor noise(int count) {
        try (Generator generator = Generator.cpu(5)) {
            return Torch.rand(generator, count, 1, 8, 8).mul(2.0).sub(1.0);
        }
    }

    private static double value(Evaluation evaluation, Metric metric) {
        return evaluation.score(metric).orElseThrow().value();
    }

    @Test
    void theReferenceItselfHasTheBestScores() throws Exception {
        Evaluation evaluation = evaluate(OPTIONS, reference());
        assertEquals(0, value(evaluation, Metric.FID), 1e-9);
        assertEquals(1, value(evaluation, Metric.PRECISION));
        assertEquals(1, value(evaluation, Metric.RECALL));
        assertEquals(1, value(evaluation, Metric.COVERAGE));
        // Three classes, nearly equally frequent and told apart with certainty.
        assertEquals(3, value(evaluation, Metric.INCEPTION_SCORE), 0.02);
    }

    @Test
    void imagesOfTheSameKindScoreBetterThanNoise() throws Exception {
        Evaluation good = evaluate(OPTIONS, new TestImages(150, 8, true, 2).tensor(150));
        Evaluation bad = evaluate(OPTIONS, noise(150));
        for (Metric metric : Metric.values()) {
            double gain = value(good, metric) - value(bad, metric);
            assertTrue(metric.higherIsBetter() ? gain > 0 : gain < 0, metric + ": " + gain);
        }
        assertTrue(value(good, Metric.FID) < 0.01 && value(bad, Metric.FID) > 0.1, good.toText() + bad.toText());
    }

    /** The parts are tested by themselves; here, that they get what they should. */
    @Test
    void theScoresAreThoseOfTheMetrics() throws Exception {
        Tensor images = noise(IMAGES);
        Evaluation evaluation = evaluate(OPTIONS, images);
        FeatureExtractor.Output generated = extractor.extract(Images.inLevels(images));
        Tensor reference = extractor.extract(reference()).features();
        try (FeatureStatistics ofGenerated = new FeatureStatistics(4);
                FeatureStatistics ofReference = new FeatureStatistics(4);
                KernelDistance kernel = new KernelDistance(reference);
                Manifolds manifolds = new Manifolds(reference, 3, 5)) {
            ofGenerated.add(generated.features());
            ofReference.add(reference);
            assertEquals(
                    FrechetDistance.between(ofGenerated.moments(), ofReference.moments()),
                    value(evaluation, Metric.FID),
                    1e-9);
            assertEquals(kernel.unbiased(generated.features()), value(evaluation, Metric.KID), 1e-9);
            Manifolds.Scores scores = manifolds.of(generated.features());
            assertEquals(scores.precision(), value(evaluation, Metric.PRECISION));
            assertEquals(scores.recall(), value(evaluation, Metric.RECALL));
            assertEquals(scores.density(), value(evaluation, Metric.DENSITY), 1e-12);
            assertEquals(scores.coverage(), value(evaluation, Metric.COVERAGE));
            InceptionScore inception = InceptionScore.of(generated.probabilities(), 10);
            Score score = evaluation.score(Metric.INCEPTION_SCORE).orElseThrow();
            assertEquals(inception.mean(), score.value(), 1e-9);
            assertEquals(inception.spread(), score.spread(), 1e-9);
        }
    }

    @Test
    void everyScoreTellsCountSeedAndFeatures() throws Exception {
        Evaluation evaluation = evaluate(OPTIONS.withKeptImages(60), noise(90));
        assertEquals(Metric.values().length, evaluation.scores().size());
        for (Score score : evaluation.scores()) {
            boolean all = score.metric() == Metric.FID || score.metric() == Metric.INCEPTION_SCORE;
            assertEquals(all ? 90 : 60, score.images(), score.label());
            assertEquals(7, score.seed());
            assertEquals(score.metric().label() + "(quarters-v1)", score.label());
        }
        assertEquals(200, evaluation.score(Metric.FID).orElseThrow().referenceImages());
        assertEquals(60, evaluation.score(Metric.KID).orElseThrow().referenceImages());
        assertEquals(0, evaluation.score(Metric.INCEPTION_SCORE).orElseThrow().referenceImages());

        JsonNode json = evaluation.toJson();
        assertEquals(90, json.get("images").asLong());
        assertEquals(REFERENCE.hash(), json.get("dataHash").asText());
        JsonNode fid = json.get("scores").get(0);
        assertEquals("fid", fid.get("metric").asText());
        assertEquals("FID(quarters-v1)", fid.get("name").asText());
        assertEquals(value(evaluation, Metric.FID), fid.get("value").asDouble());
        assertTrue(fid.get("spread").isNull());
        assertEquals("quarters-v1", fid.get("features").asText());
        assertEquals(7, fid.get("seed").asLong());

        List<String> lines = evaluation.toText().lines().toList();
        assertEquals("score                        value      spread   images  reference  seed", lines.getFirst());
        assertTrue(lines.get(1).matches("FID\\(quarters-v1\\) +[0-9.]+ +- +90 +200  7"), lines.get(1));
        assertTrue(lines.get(3).matches("IS\\(quarters-v1\\) +[0-9.]+ +[0-9.e-]+ +90 +-  7"), lines.get(3));
        assertEquals("features   quarters-v1: brightness of quarters", lines.get(8));
        assertEquals("reference  corners, 1 x 8 x 8, " + REFERENCE.hash().substring(0, 8), lines.get(9));
    }

    @Test
    void scoresFromNeighboursCompareEqualNumbersOfImages() throws Exception {
        try (Evaluator evaluator = evaluator(OPTIONS)) {
            Tensor images = noise(80);
            for (int count : new int[] {50, 80, 50}) {
                Evaluation evaluation = evaluator.evaluate(ImageSource.of(images), count, 7, EvaluationProgress.NONE);
                Score coverage = evaluation.score(Metric.COVERAGE).orElseThrow();
                assertEquals(count, coverage.images());
                assertEquals(count, coverage.referenceImages());
                try (Evaluator other = evaluator(OPTIONS)) {
                    assertEquals(
                            other.evaluate(ImageSource.of(images), count, 7, EvaluationProgress.NONE)
                                    .scores(),
                            evaluation.scores());
                }
            }
        }
    }

    @Test
    void batchesDoNotChangeTheScores() throws Exception {
        Tensor images = noise(90);
        Evaluation expected = evaluate(OPTIONS.withKeptImages(60), images);
        int[] taken = new int[1];
        ImageSource source = most -> {
            long size = Math.min(most, 7);
            taken[0] += Math.toIntExact(size);
            return images.narrow(0, taken[0] - size, size);
        };
        try (Evaluator evaluator = evaluator(OPTIONS.withKeptImages(60))) {
            Evaluation found = evaluator.evaluate(source, 90, 7, EvaluationProgress.NONE);
            assertEquals(90, taken[0]);
            for (Metric metric : Metric.values()) {
                assertEquals(value(expected, metric), value(found, metric), 1e-9, metric.toString());
            }
        }
    }

    @Test
    void onlyTheMetricsAskedForAreMeasured() throws Exception {
        Set<Metric> metrics = EnumSet.of(Metric.RECALL, Metric.FID);
        List<Score> scores = evaluate(OPTIONS.withMetrics(metrics), noise(20)).scores();
        assertEquals(
                List.of(Metric.FID, Metric.RECALL),
                scores.stream().map(Score::metric).toList());
    }

    @Test
    void oneEvaluatorScoresManySetsAndSeesTheReferenceOnce() throws Exception {
        try (Evaluator evaluator = evaluator(OPTIONS)) {
            assertEquals(IMAGES, extractor.seen);
            Tensor images = noise(30);
            Evaluation first = evaluator.evaluate(ImageSource.of(images), 30, 7, EvaluationProgress.NONE);
            long before = Torch.liveHandles();
            Evaluation second = evaluator.evaluate(ImageSource.of(images), 30, 7, EvaluationProgress.NONE);
            assertEquals(before, Torch.liveHandles(), "tensors are left over");
            assertEquals(first, second);
            assertEquals(IMAGES + 60, extractor.seen);
        }
    }

    @Test
    void imagesAreScoredAsAPictureFileHasThem() throws Exception {
        Tensor images = noise(30);
        Tensor levels = images.add(1.0).mul(127.5).round().div(127.5).sub(1.0);
        assertEquals(
                evaluate(OPTIONS, levels).scores(), evaluate(OPTIONS, images).scores());
        Tensor loud = levels.sign();
        assertEquals(
                evaluate(OPTIONS, loud).scores(),
                evaluate(OPTIONS, loud.mul(3.0)).scores());
    }

    // ---------------------------------------------------------------------------- cache

    @Test
    void theFeaturesOfTheReferenceAreCached() throws Exception {
        Evaluation first = evaluate(OPTIONS, noise(30));
        long seen = extractor.seen;
        assertEquals(first.scores(), evaluate(OPTIONS, noise(30)).scores());
        assertEquals(seen + 30, extractor.seen, "the reference was seen again");
    }

    @Test
    void otherDataFeaturesOrCountsAreNotTakenFromTheCache() throws Exception {
        evaluator(OPTIONS).close();
        extractor.identity = "other";
        evaluator(OPTIONS).close();
        assertEquals(2 * IMAGES, extractor.seen);
        evaluator(OPTIONS.withKeptImages(50)).close();
        assertEquals(3 * IMAGES, extractor.seen);
        ReferenceData others = ReferenceData.of("corners", new TestImages(IMAGES, 8, true, 9));
        assertNotEquals(REFERENCE.hash(), others.hash());
        Evaluator.open(others, extractor, OPTIONS, new EvaluationCache(folder), EvaluationProgress.NONE)
                .close();
        assertEquals(4 * IMAGES, extractor.seen);
    }

    @Test
    void aDamagedFileIsMadeAnew() throws Exception {
        Evaluation expected = evaluate(OPTIONS, noise(30));
        Path file;
        try (var files = Files.list(folder)) {
            file = files.toList().getFirst();
        }
        byte[] whole = Files.readAllBytes(file);
        byte[] flipped = whole.clone();
        flipped[whole.length - 3] ^= 4;
        for (byte[] damaged : new byte[][] {flipped, Arrays.copyOf(whole, 100), new byte[0]}) {
            Files.write(file, damaged);
            long seen = extractor.seen;
            assertEquals(expected.scores(), evaluate(OPTIONS, noise(30)).scores());
            assertEquals(seen + IMAGES + 30, extractor.seen);
            assertArrayEquals(whole, Files.readAllBytes(file));
        }
    }

    // ---------------------------------------------------------------- what is refused

    private void refused(String message, EvaluationOptions options, Tensor images) {
        String found = assertThrows(EvaluationException.class, () -> evaluate(options, images))
                .getMessage();
        assertTrue(found.contains(message), found);
    }

    @Test
    void imagesThatCannotBeScoredAreRefused() {
        Tensor broken = noise(30);
        broken.set(Double.NaN, 3, 0, 1, 1);
        refused("an image holds a value that is not finite", OPTIONS, broken);
        refused(
                "generated images [30, 1, 4, 16] cannot be compared with those of corners, which are 1 x 8 x 8",
                OPTIONS,
                noise(30).reshape(30, 1, 4, 16));
        refused(
                "generated images [30, 64] cannot be compared",
                OPTIONS,
                noise(30).reshape(30, 64));
    }

    @Test
    void tooFewImagesAreRefused() throws Exception {
        refused("FID needs at least 2 generated images, there are 1", OPTIONS, noise(1));
        refused("precision needs at least 6 generated images, there are 5", OPTIONS, noise(5));
        refused(
                "coverage needs at least 6 reference images, there are 5",
                OPTIONS.withKeptImages(5).withMetrics(EnumSet.of(Metric.COVERAGE)),
                noise(30));
        evaluate(OPTIONS.withMetrics(EnumSet.of(Metric.INCEPTION_SCORE)), noise(1));
        try (Evaluator evaluator = evaluator(OPTIONS)) {
            String found = assertThrows(
                            EvaluationException.class,
                            () -> evaluator.evaluate(most -> null, 30, 7, EvaluationProgress.NONE))
                    .getMessage();
            assertTrue(found.contains("there are 0"), found);
        }
    }

    @Test
    void withoutClassesTheInceptionScoreIsLeftOutOrRefused() throws Exception {
        extractor.classes = false;
        assertTrue(evaluate(OPTIONS, noise(30)).score(Metric.INCEPTION_SCORE).isEmpty());
        refused(
                "have no classes, which the Inception Score needs",
                OPTIONS.withMetrics(EnumSet.of(Metric.INCEPTION_SCORE)),
                noise(30));
    }

    @Test
    void featuresThatAreNoneAreRefusedAndNotCached() throws Exception {
        extractor.factor = Double.POSITIVE_INFINITY;
        refused("the features quarters-v1 of an image are not finite", OPTIONS, noise(30));
        extractor.factor = 1;
        extractor.extra = 2;
        refused("have the shape [200, 6], not [200, 4]", OPTIONS, noise(30));
        try (var files = Files.list(folder)) {
            assertFalse(files.findAny().isPresent());
        }
    }

    @Test
    void whatTheOptionsCannotMeanIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> OPTIONS.withKeptImages(1));
        assertThrows(IllegalArgumentException.class, () -> new EvaluationOptions(Set.of(), 10, 0, 1_000, 10, 3, 5));
        assertThrows(IllegalArgumentException.class, () -> new EvaluationOptions(Set.of(), 10, 1, 2, 10, 0, 5));
    }
}
