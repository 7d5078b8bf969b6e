package dev.gradus.torch.nn;

/**
 * How a recurrent network is built.
 *
 * @param layers how many there are, one on top of the other; at least 1
 * @param bias whether there are biases
 * @param batchFirst whether inputs and outputs are (B, L, n) instead of (L, B, n); not the states
 * @param dropout between layers in training mode, in [0, 1]
 * @param bidirectional whether each layer also runs backwards
 */
public record RecurrentOptions(int layers, boolean bias, boolean batchFirst, double dropout, boolean bidirectional) {
    private static final RecurrentOptions DEFAULTS = new RecurrentOptions(1, true, false, 0, false);

    /** @throws IllegalArgumentException naming the component out of range */
    public RecurrentOptions {
        Sizes.positive("layers", layers);
        Sizes.probability(dropout);
    }

    /** PyTorch's: one layer with biases, the sequence first, no dropout, one direction. */
    public static RecurrentOptions defaults() {
        return DEFAULTS;
    }

    /** The same with another number of layers. */
    public RecurrentOptions withLayers(int value) {
        return new RecurrentOptions(value, bias, batchFirst, dropout, bidirectional);
    }

    /** The same with or without biases. */
    public RecurrentOptions withBias(boolean value) {
        return new RecurrentOptions(layers, value, batchFirst, dropout, bidirectional);
    }

    /** The same with the batch or the sequence first. */
    public RecurrentOptions withBatchFirst(boolean value) {
        return new RecurrentOptions(layers, bias, value, dropout, bidirectional);
    }

    /** The same with another dropout. */
    public RecurrentOptions withDropout(double value) {
        return new RecurrentOptions(layers, bias, batchFirst, value, bidirectional);
    }

    /** The same in one or both directions. */
    public RecurrentOptions withBidirectional(boolean value) {
        return new RecurrentOptions(layers, bias, batchFirst, dropout, value);
    }

    /** 2 if bidirectional, else 1. */
    public int directions() {
        return bidirectional ? 2 : 1;
    }
}
