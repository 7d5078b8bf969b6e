package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/** One step of gated recurrent units: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014). */
public final class GRUCell extends RecurrentCell {
    /** With biases, drawn from the default generator. */
    public GRUCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, true, null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public GRUCell(int inputSize, int hiddenSize, boolean bias, Generator generator) {
        super(3, inputSize, hiddenSize, bias, generator);
    }

    /** From a state of zero. */
    public Tensor forward(Tensor input) {
        return forward(input, null);
    }

    /**
     * The next state.
     *
     * @param input (B, inputSize), or (inputSize)
     * @param hidden (B, hiddenSize), or (hiddenSize); null for zeros
     * @return of the shape of {@code hidden}
     */
    public Tensor forward(Tensor input, Tensor hidden) {
        return step(NeuralOps::gruCell, input, hidden);
    }
}
