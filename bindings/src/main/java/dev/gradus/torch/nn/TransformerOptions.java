package dev.gradus.torch.nn;

/**
 * How a layer of a transformer is built.
 *
 * @param feedForward features between its two linear layers, at least 1
 * @param dropout in training mode, in [0, 1]
 * @param gelu whether the activation is {@link F#gelu} and not {@link F#relu}
 * @param eps of the normalisations
 * @param batchFirst whether inputs are (B, L, E) instead of (L, B, E)
 * @param normFirst whether to normalise before attention and linear layers and not after
 * @param bias whether there are biases
 */
public record TransformerOptions(
        int feedForward,
        double dropout,
        boolean gelu,
        double eps,
        boolean batchFirst,
        boolean normFirst,
        boolean bias) {
    private static final TransformerOptions DEFAULTS =
            new TransformerOptions(2048, 0.1, false, 1e-5, false, false, true);

    /** @throws IllegalArgumentException naming the component out of range */
    public TransformerOptions {
        Sizes.positive("feedForward", feedForward);
        Sizes.probability(dropout);
    }

    /** PyTorch's: 2048 features, dropout 0.1, relu, the sequence first, normalised after, with biases. */
    public static TransformerOptions defaults() {
        return DEFAULTS;
    }

    /** The same with other features between the linear layers. */
    public TransformerOptions withFeedForward(int value) {
        return new TransformerOptions(value, dropout, gelu, eps, batchFirst, normFirst, bias);
    }

    /** The same with another dropout. */
    public TransformerOptions withDropout(double value) {
        return new TransformerOptions(feedForward, value, gelu, eps, batchFirst, normFirst, bias);
    }

    /** The same with one or the other activation. */
    public TransformerOptions withGelu(boolean value) {
        return new TransformerOptions(feedForward, dropout, value, eps, batchFirst, normFirst, bias);
    }

    /** The same with the batch or the sequence first. */
    public TransformerOptions withBatchFirst(boolean value) {
        return new TransformerOptions(feedForward, dropout, gelu, eps, value, normFirst, bias);
    }

    /** The same normalised before or after. */
    public TransformerOptions withNormFirst(boolean value) {
        return new TransformerOptions(feedForward, dropout, gelu, eps, batchFirst, value, bias);
    }
}
