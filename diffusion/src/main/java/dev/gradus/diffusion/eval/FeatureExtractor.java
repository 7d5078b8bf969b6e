package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;

/** Makes feature vectors of images. Belongs to one thread; close it to free its network. */
public interface FeatureExtractor extends AutoCloseable {
    /**
     * What an extractor says of a batch; owned by the scope that is open.
     *
     * @param features (B, {@link #dims}) floating point, all finite
     * @param probabilities (B, K): of each image the probability of each class; null where the extractor has no classes
     */
    record Output(Tensor features, Tensor probabilities) {}

    /** The name that stands with every score, such as {@code fashion-cnn-v1}. */
    String name();

    /** A digest of all that determines the features. */
    String identity();

    /** What the features are, in one line for people. */
    String description();

    /** The number of features of an image. */
    int dims();

    /** Whether there are class probabilities, which the Inception Score needs. */
    boolean hasProbabilities();

    /**
     * The features of some images. Runs without autograd.
     *
     * @param images (B, C, H, W) float32 in [-1, 1], on any device
     * @throws EvaluationException if the extractor cannot take such images, or answers something else than features
     */
    Output extract(Tensor images) throws EvaluationException;

    @Override
    void close();
}
