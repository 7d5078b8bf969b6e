package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.RecurrentOutput;
import dev.gradus.torch.Tensor;
import java.util.List;

/** Recurrent networks whose state is one tensor. */
abstract sealed class HiddenStateNetwork extends RecurrentNetwork permits GRU, RNN {
    /** One of libtorch's operators; they differ in nothing else. */
    @FunctionalInterface
    interface Operator {
        RecurrentOutput run(
                Tensor input,
                Tensor hidden,
                List<Tensor> weights,
                boolean bias,
                long layers,
                double dropout,
                boolean training,
                boolean bidirectional,
                boolean batchFirst);
    }

    private final Operator operator;

    HiddenStateNetwork(
            Operator operator,
            int gates,
            int inputSize,
            int hiddenSize,
            RecurrentOptions options,
            Generator generator) {
        super(gates, inputSize, hiddenSize, 0, options, generator);
        this.operator = operator;
    }

    /** From a state of zero. */
    public final RecurrentOutput forward(Tensor input) {
        return forward(input, start(input, stateSize()));
    }

    /**
     * From this state.
     *
     * @param input (L, B, inputSize), or (B, L, inputSize) with the batch first; or (L, inputSize) without a batch
     * @param hidden (layers D, B, hiddenSize), D being 2 if bidirectional and else 1; without B as the input
     */
    public final RecurrentOutput forward(Tensor input, Tensor hidden) {
        if (isBatched(input)) {
            return run(input, hidden);
        }
        RecurrentOutput one = run(input.unsqueeze(batchDim()), hidden.unsqueeze(1));
        return new RecurrentOutput(
                one.output().squeeze(batchDim()), one.hidden().squeeze(1));
    }

    private RecurrentOutput run(Tensor input, Tensor hidden) {
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
