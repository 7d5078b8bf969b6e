package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;

/** A recurrent network of several layers without gates: Elman, "Finding Structure in Time" (1990). */
public final class RNN extends HiddenStateNetwork {
    /** The activation of the hidden states. */
    public enum Nonlinearity {
        /** The hyperbolic tangent. */
        TANH,
        /** max(x, 0). */
        RELU
    }

    /** One layer with the hyperbolic tangent, drawn from the default generator. */
    public RNN(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, Nonlinearity.TANH, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public RNN(
            int inputSize, int hiddenSize, Nonlinearity nonlinearity, RecurrentOptions options, Generator generator) {
        super(
                nonlinearity == Nonlinearity.TANH ? NeuralOps::rnnTanh : NeuralOps::rnnRelu,
                1,
                inputSize,
                hiddenSize,
                options,
                generator);
    }
}
