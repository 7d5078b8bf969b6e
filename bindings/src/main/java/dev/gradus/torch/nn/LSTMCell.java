package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.LstmCellOutput;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;
import java.util.List;

/** One step of a long short-term memory: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997), with forget gates. */
public final class LSTMCell extends RecurrentCell {
    /** With biases, drawn from the default generator. */
    public LSTMCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, true, null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public LSTMCell(int inputSize, int hiddenSize, boolean bias, Generator generator) {
        super(4, inputSize, hiddenSize, bias, generator);
    }

    /** From states of zero. */
    public LstmCellOutput forward(Tensor input) {
        return forward(input, null, null);
    }

    /**
     * The next states.
     *
     * @param input (B, inputSize), or (inputSize)
     * @param hidden the hidden state (B, hiddenSize), or (hiddenSize); null for zeros
     * @param cell the cell state, likewise
     */
    public LstmCellOutput forward(Tensor input, Tensor hidden, Tensor cell) {
        boolean batched = isBatched(input);
        Tensor x = batched ? input : input.unsqueeze(0);
        LstmCellOutput next = NeuralOps.lstmCell(
                x,
                List.of(state(x, hidden), state(x, cell)),
                wIh.get(),
                wHh.get(),
                Parameter.get(bIh),
                Parameter.get(bHh));
        return batched
                ? next
                : new LstmCellOutput(next.hidden().squeeze(0), next.cell().squeeze(0));
    }
}
