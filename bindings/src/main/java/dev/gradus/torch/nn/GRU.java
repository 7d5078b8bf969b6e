package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.RecurrentOutput;
import dev.gradus.torch.Tensor;

/** Gated recurrent units of several layers: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014). */
public final class GRU extends RecurrentNetwork {
    /** One layer, drawn from the default generator. */
    public GRU(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public GRU(int inputSize, int hiddenSize, RecurrentOptions options, Generator generator) {
        super(3, inputSize, hiddenSize, options, generator);
    }

    /** From states of zero. */
    public RecurrentOutput forward(Tensor input) {
        return forward(input, start(input));
    }

    /**
     * From these states.
     *
     * @param input (L, B, inputSize), or (B, L, inputSize) with the batch first
     * @param hidden (layers D, B, hiddenSize), D being 2 if bidirectional and else 1
     */
    public RecurrentOutput forward(Tensor input, Tensor hidden) {
        return NeuralOps.gru(
                input,
                hidden,
                weights(),
                options.bias(),
                options.layers(),
                options.dropout(),
                isTraining(),
                options.bidirectional(),
                options.batchFirst());
    }
}
