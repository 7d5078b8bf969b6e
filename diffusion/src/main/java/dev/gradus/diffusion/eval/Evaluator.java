package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Scores sets of generated images against one reference. The features of the reference are computed when it is opened, or
 * taken from the cache; each {@link #evaluate} then costs the generated images only. Precision, recall, density and
 * coverage compare as many images of the reference as there are generated ones.
 *
 * <pre>{@code
 * ReferenceData reference = ReferenceData.open(config.data(), 32, (what, done, total) -> {});
 * try (var features = ClassifierFeatures.open(reference, EvaluationCache.ofUser(), Device.cpu(), EvaluationProgress.NONE);
 *         var evaluator = Evaluator.open(reference, features, EvaluationOptions.defaults(),
 *                 EvaluationCache.ofUser(), EvaluationProgress.NONE)) {
 *     System.out.print(evaluator.evaluate(ImageSource.of(images), 5_000, 0, EvaluationProgress.NONE).toText());
 * }
 * }</pre>
 *
 * <p>Memory, for D features and K kept images: the reference takes 8 (D^2 + K D) bytes; an evaluation another 56 D^2 + 16 K
 * D, 128 MiB, and 4 bytes for each class probability of each image. With Inception's D = 2048 and K = 10,000 that is below 1
 * GiB, whether it scores 5,000 images or 50,000.
 *
 * <p>Images are scored as a picture file has them: clamped to [-1, 1], in 256 levels. Belongs to one thread.
 */
public final class Evaluator implements AutoCloseable {
    private static final Logger LOGGER = LogManager.getLogger(Evaluator.class);

    private final ReferenceData reference;
    private final FeatureExtractor extractor;
    private final EvaluationOptions options;
    private final Set<Metric> metrics;
    /** (K, D) float64, in the order in which they were drawn. */
    private final Tensor kept;

    private final FrechetDistance frechet;
    private final KernelDistance kernel;

    /** Of as many images of the reference as there were generated ones; null until they are known. */
    private Manifolds manifolds;

    private Evaluator(
            ReferenceData reference,
            FeatureExtractor extractor,
            EvaluationOptions options,
            Set<Metric> metrics,
            ReferenceFeatures features) {
        this.reference = reference;
        this.extractor = extractor;
        this.options = options;
        this.metrics = metrics;
        try (TensorScope scope = TensorScope.open()) {
            kept = scope.keep(features.kept().to(DType.FLOAT64));
        }
        frechet = metrics.contains(Metric.FID) ? new FrechetDistance(features.moments()) : null;
        kernel = metrics.contains(Metric.KID) ? new KernelDistance(kept) : null;
    }

    /**
     * Prepares the reference.
     *
     * @param extractor must stay open as long as the evaluator is used; it is not closed with it
     * @throws EvaluationException if the reference has too few images for a metric, or the features no classes though the
     *     options name the Inception Score
     */
    public static Evaluator open(
            ReferenceData reference,
            FeatureExtractor extractor,
            EvaluationOptions options,
            EvaluationCache cache,
            EvaluationProgress progress)
            throws IOException {
        Set<Metric> metrics = metrics(options, extractor);
        for (Metric metric : metrics) {
            requireEnough(metric, "reference", Math.min(reference.images().size(), options.keptImages()), options);
        }
        try (var _ = TensorScope.open()) {
            ReferenceFeatures features =
                    ReferenceFeatures.of(reference, extractor, options.keptImages(), cache, progress);
            return new Evaluator(reference, extractor, options, metrics, features);
        }
    }

    private static Set<Metric> metrics(EvaluationOptions options, FeatureExtractor extractor)
            throws EvaluationException {
        Set<Metric> metrics =
                options.metrics().isEmpty() ? EnumSet.allOf(Metric.class) : EnumSet.copyOf(options.metrics());
        if (!extractor.hasProbabilities()
                && metrics.remove(Metric.INCEPTION_SCORE)
                && !options.metrics().isEmpty()) {
            throw new EvaluationException("the features " + extractor.name()
                    + " have no classes, which the Inception Score needs; leave it out");
        }
        return metrics;
    }

    private static void requireEnough(Metric metric, String what, long images, EvaluationOptions options)
            throws EvaluationException {
        if (images < metric.fewest(options)) {
            throw new EvaluationException(metric.label() + " needs at least " + metric.fewest(options) + " " + what
                    + " images, there are " + images + "; take more, or leave this metric out");
        }
    }

    /**
     * Scores generated images.
     *
     * @param count how many to take from the source; fewer where it has fewer
     * @param seed the seed that they were drawn with, which is noted with the scores and draws KID's subsets
     * @throws EvaluationException if there are too few, or one is not finite or of another shape than the reference's
     */
    public Evaluation evaluate(ImageSource source, long count, long seed, EvaluationProgress progress)
            throws IOException {
        for (Metric metric : metrics) {
            requireEnough(metric, "generated", count, options);
        }
        List<Tensor> features = new ArrayList<>();
        List<Tensor> probabilities = new ArrayList<>();
        try (TensorScope _ = TensorScope.open();
                FeatureStatistics statistics = new FeatureStatistics(extractor.dims())) {
            collect(source, count, progress, statistics, features, probabilities);
            for (Metric metric : metrics) {
                requireEnough(metric, "generated", statistics.count(), options);
            }
            return new Evaluation(
                    scores(statistics, features, probabilities, seed),
                    statistics.count(),
                    seed,
                    extractor.name(),
                    extractor.description(),
                    reference.name(),
                    reference.hash(),
                    reference.shape());
        } finally {
            features.forEach(Tensor::close);
            probabilities.forEach(Tensor::close);
        }
    }

    private void collect(
            ImageSource source,
            long count,
            EvaluationProgress progress,
            FeatureStatistics statistics,
            List<Tensor> features,
            List<Tensor> probabilities)
            throws IOException {
        while (statistics.count() < count) {
            try (var _ = TensorScope.open()) {
                long most = count - statistics.count();
                Tensor images = source.next(most);
                if (images == null) {
                    return;
                }
                requireFitting(images, most);
                FeatureExtractor.Output output = features(extractor, images);
                long missing = options.keptImages() - statistics.count();
                statistics.add(output.features());
                if (missing > 0 && (kernel != null || ofNeighbours())) {
                    Tensor rows = output.features();
                    features.add(ReferenceFeatures.keep(rows.narrow(0, 0, Math.min(missing, rows.size(0)))));
                }
                if (metrics.contains(Metric.INCEPTION_SCORE)) {
                    probabilities.add(ReferenceFeatures.keep(output.probabilities()));
                }
                progress.update("scoring images", statistics.count(), count);
            }
        }
    }

    private void requireFitting(Tensor images, long most) throws EvaluationException {
        String found = Matrices.shape(images);
        boolean fits = images.dim() == 4
                && images.size(0) >= 1
                && images.size(0) <= most
                && images.size(1) == reference.images().channels()
                && images.size(2) == reference.images().height()
                && images.size(3) == reference.images().width();
        if (!fits) {
            throw new EvaluationException("generated images " + found + " cannot be compared with those of "
                    + reference.name() + ", which are " + reference.shape() + "; at most " + most + " are wanted");
        }
    }

    /** The features of images as picture files have them. */
    static FeatureExtractor.Output features(FeatureExtractor extractor, Tensor images) throws EvaluationException {
        FeatureExtractor.Output output = extractor.extract(Images.inLevels(images));
        Tensor features = output.features();
        if (features.dim() != 2 || features.size(0) != images.size(0) || features.size(1) != extractor.dims()) {
            throw new EvaluationException("the features " + extractor.name() + " of " + images.size(0)
                    + " images have the shape " + Matrices.shape(features) + ", not [" + images.size(0) + ", "
                    + extractor.dims() + "]");
        }
        if (!features.isfinite().all().itemBoolean()) {
            throw new EvaluationException("the features " + extractor.name() + " of an image are not finite");
        }
        return output;
    }

    private List<Score> scores(
            FeatureStatistics statistics, List<Tensor> features, List<Tensor> probabilities, long seed) {
        long images = statistics.count();
        long all = reference.images().size();
        List<Score> scores = new ArrayList<>();
        Tensor some = features.isEmpty() ? null : Torch.cat(features, 0).to(DType.FLOAT64);
        long used = some == null ? 0 : some.size(0);
        if (frechet != null) {
            if (images <= extractor.dims()) {
                LOGGER.warn(
                        "FID from {} images, no more than the {} features: its value says little",
                        images,
                        extractor.dims());
            }
            scores.add(score(Metric.FID, frechet.to(statistics.moments()), null, images, all, seed, Map.of()));
        }
        if (kernel != null) {
            int size = Math.toIntExact(Math.min(options.kidSubsetSize(), Math.min(used, kept.size(0))));
            KernelDistance.Subsets subsets = kernel.overSubsets(some, options.kidSubsets(), size, seed);
            Map<String, Double> details = Map.of(
                    "subsetMean", subsets.mean(),
                    "subsets", (double) subsets.subsets(),
                    "subsetSize", (double) size);
            scores.add(score(Metric.KID, kernel.unbiased(some), subsets.spread(), used, kept.size(0), seed, details));
        }
        if (metrics.contains(Metric.INCEPTION_SCORE)) {
            int splits = Math.toIntExact(Math.min(options.splits(), images));
            InceptionScore score = InceptionScore.of(Torch.cat(probabilities, 0), splits);
            Map<String, Double> details = Map.of("splits", (double) splits);
            scores.add(score(Metric.INCEPTION_SCORE, score.mean(), score.spread(), images, 0, seed, details));
        }
        if (ofNeighbours()) {
            // As in the papers, equal numbers of both: the scores depend on them.
            long equal = Math.min(used, kept.size(0));
            Manifolds.Scores found = manifolds(equal).of(some.narrow(0, 0, equal));
            Map<Metric, Double> values = Map.of(
                    Metric.PRECISION, found.precision(),
                    Metric.RECALL, found.recall(),
                    Metric.DENSITY, found.density(),
                    Metric.COVERAGE, found.coverage());
            metrics.stream()
                    .filter(Metric::ofNeighbours)
                    .forEach(metric -> scores.add(
                            score(metric, values.get(metric), null, equal, equal, seed, neighbours(metric))));
        }
        return scores;
    }

    private boolean ofNeighbours() {
        return metrics.stream().anyMatch(Metric::ofNeighbours);
    }

    /** The balls of the first images of the reference, which are computed anew only for another number of them. */
    private Manifolds manifolds(long images) {
        if (manifolds == null || manifolds.size() != images) {
            if (manifolds != null) {
                manifolds.close();
            }
            manifolds = new Manifolds(
                    kept.narrow(0, 0, images), options.precisionNeighbours(), options.densityNeighbours());
        }
        return manifolds;
    }

    private Map<String, Double> neighbours(Metric metric) {
        boolean precision = metric == Metric.PRECISION || metric == Metric.RECALL;
        int k = precision ? options.precisionNeighbours() : options.densityNeighbours();
        return Map.of("neighbours", (double) k);
    }

    private Score score(
            Metric metric,
            double value,
            Double spread,
            long images,
            long referenceImages,
            long seed,
            Map<String, Double> details) {
        return new Score(metric, value, spread, images, referenceImages, seed, extractor.name(), details);
    }

    /** Frees what is kept of the reference. */
    @Override
    public void close() {
        kept.close();
        if (frechet != null) {
            frechet.close();
        }
        if (kernel != null) {
            kernel.close();
        }
        if (manifolds != null) {
            manifolds.close();
        }
    }
}
