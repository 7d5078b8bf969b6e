package dev.gradus.diffusion.eval;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the reference's features: the moments of all, and the vectors of some. Made once for a data set and
 * an extractor, then taken from the cache.
 *
 * @param moments of all images
 * @param kept (K, D) float32: the features of K images, drawn by a fixed seed
 */
record ReferenceFeatures(Moments moments, Tensor kept) {
    /** Part of the key: another layout of the file gets another number. */
    private static final String LAYOUT = "reference-features-1";

    private static final long SEED = 0;

    /** From the cache or the images; owned by the scope that is open. */
    static ReferenceFeatures of(
            ReferenceData reference,
            FeatureExtractor extractor,
            int keptImages,
            EvaluationCache cache,
            EvaluationProgress progress)
            throws IOException {
        long kept = Math.min(keptImages, reference.images().size());
        String name = "reference-" + extractor.name().replaceAll("[^A-Za-z0-9.-]+", "-");
        String key = Digests.of(LAYOUT, reference.hash(), extractor.identity(), Long.toString(kept));
        Optional<ReferenceFeatures> cached = cache.read(name, key)
                .map(entry -> restore(entry.tensors(), reference.images().size()))
                .filter(found -> found.fits(extractor.dims(), kept));
        if (cached.isPresent()) {
            return cached.get();
        }
        ReferenceFeatures made = make(reference, extractor, kept, progress);
        cache.write(
                name,
                key,
                Map.of(
                        "mean", made.moments.mean(),
                        "covariance", made.moments.covariance(),
                        "features", made.kept),
                Map.of("features", extractor.name(), "data", reference.name()));
        return made;
    }

    private static ReferenceFeatures restore(Map<String, Tensor> tensors, long count) {
        return new ReferenceFeatures(
                new Moments(tensors.get("mean"), tensors.get("covariance"), count), tensors.get("features"));
    }

    private boolean fits(int dims, long count) {
        return moments.dims() == dims && kept.size(0) == count && kept.size(1) == dims;
    }

    private static ReferenceFeatures make(
            ReferenceData reference, FeatureExtractor extractor, long kept, EvaluationProgress progress)
            throws IOException {
        List<Tensor> features = new ArrayList<>();
        try (FeatureStatistics statistics = new FeatureStatistics(extractor.dims());
                TensorScope scope = TensorScope.open()) {
            Pass.over(reference.images(), SEED, "features of the reference", progress, batch -> {
                Tensor found = Evaluator.features(extractor, batch.images()).features();
                long missing = kept - statistics.count();
                statistics.add(found);
                if (missing > 0) {
                    features.add(keep(found.narrow(0, 0, Math.min(missing, found.size(0)))));
                }
            });
            Moments moments = statistics.moments();
            return new ReferenceFeatures(
                    new Moments(scope.promote(moments.mean()), scope.promote(moments.covariance()), moments.count()),
                    scope.promote(Torch.cat(features, 0)));
        } finally {
            features.forEach(Tensor::close);
        }
    }

    /** A copy on the CPU that no scope owns. */
    static Tensor keep(Tensor rows) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(rows.to(Device.cpu()).to(DType.FLOAT32).clone());
        }
    }
}
