package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/** One step of a recurrent network without gates: Elman, "Finding Structure in Time" (1990). */
public final class RNNCell extends RecurrentCell {
    private final RNN.Nonlinearity nonlinearity;

    /** With the hyperbolic tangent and biases, drawn from the default generator. */
    public RNNCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, true, RNN.Nonlinearity.TANH, null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public RNNCell(int inputSize, int hiddenSize, boolean bias, RNN.Nonlinearity nonlinearity, Generator generator) {
        super(1, inputSize, hiddenSize, bias, generator);
        this.nonlinearity = nonlinearity;
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
        boolean tanh = nonlinearity == RNN.Nonlinearity.TANH;
        return step(tanh ? NeuralOps::rnnTanhCell : NeuralOps::rnnReluCell, input, hidden);
    }

    @Override
    String moreRepr() {
        return nonlinearity == RNN.Nonlinearity.TANH ? "" : ", nonlinearity=relu";
    }
}
