package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;

/** Gated recurrent units of several layers: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014). */
public final class GRU extends HiddenStateNetwork {
    /** One layer, drawn from the default generator. */
    public GRU(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public GRU(int inputSize, int hiddenSize, RecurrentOptions options, Generator generator) {
        super(NeuralOps::gru, 3, inputSize, hiddenSize, options, generator);
    }
}
