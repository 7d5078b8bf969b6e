package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.RecurrentOutput;
import dev.gradus.torch.Tensor;

/** A recurrent network of several layers without gates: Elman, "Finding Structure in Time" (1990). */
public final class RNN extends RecurrentNetwork {
    /** The activation of the hidden states. */
    public enum Nonlinearity {
        /** The hyperbolic tangent. */
        TANH,
        /** max(x, 0). */
        RELU
    }

    /** The operators differ in nothing else. */
    @FunctionalInterface
    private interface Operator {
        RecurrentOutput run(
                Tensor input,
                Tensor hidden,
                java.util.List<Tensor> weights,
                boolean bias,
                long layers,
                double dropout,
                boolean training,
                boolean bidirectional,
                boolean batchFirst);
    }

    private final Operator operator;

    /** One layer with the hyperbolic tangent, drawn from the default generator. */
    public RNN(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, Nonlinearity.TANH, RecurrentOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public RNN(
            int inputSize, int hiddenSize, Nonlinearity nonlinearity, RecurrentOptions options, Generator generator) {
        super(1, inputSize, hiddenSize, options, generator);
        operator = nonlinearity == Nonlinearity.TANH ? NeuralOps::rnnTanh : NeuralOps::rnnRelu;
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
        return operator.run(
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
