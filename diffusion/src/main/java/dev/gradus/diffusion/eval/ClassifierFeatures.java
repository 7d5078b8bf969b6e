package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.StateDictException;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The embedded features: the last layer but one of a small classifier, trained once on the labels of the reference and
 * kept in the cache. They are named {@code NAME-cnn-v1} by the data set, so that no score from them passes for one from
 * Inception. A score from them tells nothing about other data sets or features.
 */
public final class ClassifierFeatures implements FeatureExtractor {
    private static final Logger LOGGER = LogManager.getLogger(ClassifierFeatures.class);
    private static final String VERSION = "cnn-v1";
    private static final String ACCURACY = "accuracy";

    private final String name;
    private final String identity;
    private final String shape;
    private final double accuracy;
    private final SmallClassifier network;
    private final Device device;

    private ClassifierFeatures(ReferenceData reference, double accuracy, SmallClassifier network, Device device) {
        this.name = name(reference);
        this.identity = Digests.of(name, Digests.of(network.stateDict()));
        this.shape = reference.shape();
        this.accuracy = accuracy;
        this.network = network;
        this.device = device;
        network.eval();
        network.to(device);
    }

    private static String name(ReferenceData reference) {
        return reference.name() + "-" + VERSION;
    }

    /**
     * Takes the classifier of a data set from the cache, or trains it on the CPU and stores it: for Fashion-MNIST about
     * a minute of processor time. Seeds are fixed, and it runs on one thread:
     * the same processor and libtorch give the same weights.
     *
     * @param device where features are computed
     * @throws EvaluationException if the data set has no labels, one class, or images smaller than 8 x 8
     */
    public static ClassifierFeatures open(
            ReferenceData reference, EvaluationCache cache, Device device, EvaluationProgress progress)
            throws IOException {
        int classes = classes(reference);
        String key = Digests.of(VERSION, reference.hash());
        try (var _ = TensorScope.open()) {
            Optional<ClassifierFeatures> cached =
                    cache.read(name(reference), key).flatMap(entry -> restore(reference, classes, entry, device));
            if (cached.isPresent()) {
                return cached.get();
            }
        }
        SmallClassifier network = newNetwork(reference.images(), classes);
        try {
            double accuracy = new ClassifierTraining(reference.images(), network).run(progress);
            LOGGER.info(
                    "trained the classifier {} on {}: {} of held-out images are right",
                    name(reference),
                    reference.name(),
                    percent(accuracy));
            cache.write(name(reference), key, network.stateDict(), Map.of(ACCURACY, Double.toString(accuracy)));
            return new ClassifierFeatures(reference, accuracy, network, device);
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private static int classes(ReferenceData reference) throws EvaluationException {
        ImageDataset images = reference.images();
        String advice = "; name a TorchScript file that computes features instead (--features FILE.ts)";
        if (!images.labelled()) {
            throw new EvaluationException("the data set " + reference.name()
                    + " has no labels, which the embedded features are learnt from" + advice);
        }
        if (Math.min(images.height(), images.width()) < SmallClassifier.SMALLEST) {
            throw new EvaluationException(
                    "images of " + reference.shape() + " are too small for the embedded features" + advice);
        }
        int highest = 0;
        boolean several = false;
        for (long i = 0; i < images.size(); i++) {
            int label = images.label(i);
            several |= label != images.label(0);
            highest = Math.max(highest, label);
        }
        if (!several) {
            throw new EvaluationException(
                    "all images of the data set " + reference.name() + " have the same label" + advice);
        }
        return highest + 1;
    }

    private static SmallClassifier newNetwork(ImageDataset images, int classes) {
        try (Generator generator = Generator.cpu(ClassifierTraining.SEED)) {
            return new SmallClassifier(images.channels(), images.height(), images.width(), classes, generator);
        }
    }

    private static Optional<ClassifierFeatures> restore(
            ReferenceData reference, int classes, EvaluationCache.Entry entry, Device device) {
        SmallClassifier network = newNetwork(reference.images(), classes);
        try {
            network.loadStateDict(entry.tensors());
            double accuracy = Double.parseDouble(entry.facts().get(ACCURACY));
            return Optional.of(new ClassifierFeatures(reference, accuracy, network, device));
        } catch (StateDictException | NumberFormatException | NullPointerException e) {
            LOGGER.warn("the cached classifier {} is of another form; it is trained anew", name(reference));
            network.close();
            return Optional.empty();
        }
    }

    /** The share of held-out images of the data set that the classifier tells right, from 0 to 1. */
    public double accuracy() {
        return accuracy;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public String description() {
        return SmallClassifier.FEATURES + " features of a small classifier, right for " + percent(accuracy)
                + " of held-out images; weights " + identity.substring(0, 8);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    @Override
    public int dims() {
        return SmallClassifier.FEATURES;
    }

    @Override
    public boolean hasProbabilities() {
        return true;
    }

    @Override
    public Output extract(Tensor images) throws EvaluationException {
        String found = images.dim() == 4 ? images.size(1) + " x " + images.size(2) + " x " + images.size(3) : "";
        if (!found.equals(shape)) {
            throw new EvaluationException(
                    "the features " + name + " are of images of " + shape + ", not " + Matrices.shape(images));
        }
        try (var _ = Autograd.noGrad();
                TensorScope scope = TensorScope.open()) {
            Tensor features = network.features(images.to(device));
            return new Output(
                    scope.promote(features),
                    scope.promote(network.logits(features).softmax(1)));
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
