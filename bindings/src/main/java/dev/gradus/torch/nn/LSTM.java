package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.LstmOutput;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;
import java.util.List;

/** Long short-term memory of several layers: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997), with forget gates. */
public final class LSTM extends RecurrentNetwork {
    private final int hiddenSize;

    /** One layer, drawn from the default generator. */
    public LSTM(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public LSTM(int inputSize, int hiddenSize, RecurrentOptions options, Generator generator) {
        this(inputSize, hiddenSize, 0, options, generator);
    }

    /**
     * With hidden states that are projected to a smaller size: Sak et al., "Long Short-Term Memory Based Recurrent Neural
     * Network Architectures" (2014).
     *
     * @param projSize the size of hidden states and outputs, below hiddenSize; 0 for no projection
     * @param generator null: the default one
     */
    public LSTM(int inputSize, int hiddenSize, int projSize, RecurrentOptions options, Generator generator) {
        super(4, inputSize, hiddenSize, projSize, options, generator);
        this.hiddenSize = hiddenSize;
    }

    /** From states of zero. */
    public LstmOutput forward(Tensor input) {
        return forward(input, start(input, stateSize()), start(input, hiddenSize));
    }

    /**
     * From these states.
     *
     * @param input (L, B, inputSize), or (B, L, inputSize) with the batch first; or (L, inputSize) without a batch
     * @param hidden the hidden states (layers D, B, hiddenSize or projSize), D being 2 if bidirectional and else 1; without
     *     B as the input
     * @param cell the cell states (layers D, B, hiddenSize), likewise
     */
    public LstmOutput forward(Tensor input, Tensor hidden, Tensor cell) {
        if (isBatched(input)) {
            return run(input, hidden, cell);
        }
        LstmOutput one = run(input.unsqueeze(batchDim()), hidden.unsqueeze(1), cell.unsqueeze(1));
        return new LstmOutput(
                one.output().squeeze(batchDim()),
                one.hidden().squeeze(1),
                one.cell().squeeze(1));
    }

    private LstmOutput run(Tensor input, Tensor hidden, Tensor cell) {
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
