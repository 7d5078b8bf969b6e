package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.LstmOutput;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;
import java.util.List;

/** Long short-term memory of several layers: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997), with forget gates. */
public final class LSTM extends RecurrentNetwork {
    /** One layer, drawn from the default generator. */
    public LSTM(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public LSTM(int inputSize, int hiddenSize, RecurrentOptions options, Generator generator) {
        super(4, inputSize, hiddenSize, options, generator);
    }

    /** From states of zero. */
    public LstmOutput forward(Tensor input) {
        Tensor zeros = start(input);
        return forward(input, zeros, zeros);
    }

    /**
     * From these states.
     *
     * @param input (L, B, inputSize), or (B, L, inputSize) with the batch first
     * @param hidden the hidden states (layers D, B, hiddenSize), D being 2 if bidirectional and else 1
     * @param cell the cell states, of the same shape
     */
    public LstmOutput forward(Tensor input, Tensor hidden, Tensor cell) {
        return NeuralOps.lstm(
                input,
                List.of(hidden, cell),
                weights(),
                options.bias(),
                options.layers(),
                options.dropout(),
                isTraining(),
                options.bidirectional(),
                options.batchFirst());
    }
}
