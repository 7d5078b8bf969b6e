package dev.gradus.cli;

import dev.gradus.diffusion.eval.ClassifierFeatures;
import dev.gradus.diffusion.eval.EvaluationCache;
import dev.gradus.diffusion.eval.EvaluationProgress;
import dev.gradus.diffusion.eval.FeatureExtractor;
import dev.gradus.diffusion.eval.ReferenceData;
import dev.gradus.diffusion.eval.ScriptFeatures;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that choose the features of scores, and where those of data sets are kept. */
final class FeatureOptions {
    @Option(
            names = "--features",
            paramLabel = "FILE.ts",
            description = "A TorchScript network that answers features, or a tuple of features and logits (default: a"
                    + " small classifier of the data, trained once).")
    private Path file;

    @Option(
            names = "--features-size",
            paramLabel = "N",
            defaultValue = "299",
            description = "Resize images to N x N for --features; 0: leave them (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(
            names = "--features-range",
            paramLabel = "signed|unit|bytes|uint8|imagenet",
            defaultValue = "signed",
            description = "Pixels for --features: from -1 to 1, 0 to 1, 0 to 255, the same as uint8, or ImageNet's"
                    + " normalisation (default: ${DEFAULT-VALUE}).")
    private ScriptFeatures.Range range;

    @Option(names = "--features-logits-first", description = "The tuple of --features has the logits first.")
    private boolean logitsFirst;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Where classifiers and the features of data sets are kept (default: the user's cache).")
    private Path cacheFolder;

    /** The folder of the option, or the user's. */
    EvaluationCache cache() {
        return cacheFolder == null ? EvaluationCache.ofUser() : new EvaluationCache(cacheFolder);
    }

    /** Looks at the options before work is begun. */
    void check() {
        Arguments.requireFile("--features", file);
        try {
            options();
        } catch (IllegalArgumentException e) {
            throw new UsageException("--features-size: " + e.getMessage(), e);
        }
    }

    private ScriptFeatures.Options options() {
        return new ScriptFeatures.Options(size, range, logitsFirst);
    }

    /** The extractor; the caller closes it. */
    FeatureExtractor open(ReferenceData reference, EvaluationCache cache, Device device, EvaluationProgress progress)
            throws IOException {
        return file != null
                ? ScriptFeatures.open(file, options(), device)
                : ClassifierFeatures.open(reference, cache, device, progress);
    }
}
