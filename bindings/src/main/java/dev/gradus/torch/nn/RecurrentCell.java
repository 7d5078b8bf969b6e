package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;
import java.util.function.Function;

/** What {@link RNNCell}, {@link GRUCell} and {@link LSTMCell} share: one step of a recurrent network, and its weights. */
abstract sealed class RecurrentCell extends Module permits RNNCell, GRUCell, LSTMCell {
    /** One of libtorch's operators for a state of one tensor. */
    @FunctionalInterface
    interface Operator {
        Tensor run(Tensor input, Tensor hidden, Tensor wIh, Tensor wHh, Tensor bIh, Tensor bHh);
    }

    final Parameter wIh;
    final Parameter wHh;
    final Parameter bIh; // null without biases
    final Parameter bHh; // likewise

    private final int inputSize;
    private final int hiddenSize;

    /**
     * Draws each weight from the uniform distribution in plus or minus {@code 1 / sqrt(hiddenSize)}, as PyTorch does.
     *
     * @param gates how many there are: 1, 3 or 4
     */
    RecurrentCell(int gates, int inputSize, int hiddenSize, boolean bias, Generator generator) {
        this.inputSize = Sizes.positive("inputSize", inputSize);
        this.hiddenSize = Sizes.positive("hiddenSize", hiddenSize);
        long rows = (long) gates * hiddenSize;
        wIh = draw("weight_ih", generator, rows, inputSize);
        wHh = draw("weight_hh", generator, rows, hiddenSize);
        bIh = bias ? draw("bias_ih", generator, rows) : null;
        bHh = bias ? draw("bias_hh", generator, rows) : null;
    }

    private Parameter draw(String name, Generator generator, long... shape) {
        double bound = 1 / Math.sqrt(hiddenSize);
        return registerParameter(name, Torch.empty(shape).uniform_(-bound, bound, generator));
    }

    /** The next state of a cell whose state is one tensor; {@code hidden} null: from zeros. */
    final Tensor step(Operator operator, Tensor input, Tensor hidden) {
        return batched(
                input,
                x -> operator.run(x, state(x, hidden), wIh.get(), wHh.get(), Parameter.get(bIh), Parameter.get(bHh)));
    }

    /** Answers for (B, inputSize); what is (inputSize) gets a batch of one. */
    private Tensor batched(Tensor input, Function<Tensor, Tensor> function) {
        return isBatched(input)
                ? function.apply(input)
                : function.apply(input.unsqueeze(0)).squeeze(0);
    }

    final boolean isBatched(Tensor input) {
        int dim = input.dim();
        if (dim != 1 && dim != 2) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " takes an input (B, " + inputSize
                    + ") or (" + inputSize + "), this one has " + dim + " dimensions");
        }
        return dim == 2;
    }

    /** A state (B, H) for a batched input: the one given, with a batch of one if it has none, or zeros for null. */
    final Tensor state(Tensor input, Tensor given) {
        if (given == null) {
            return Torch.zeros(new TensorOptions(input.dtype(), input.device(), false), input.size(0), hiddenSize);
        }
        return given.dim() == 1 ? given.unsqueeze(0) : given;
    }

    /** What is printed behind the sizes. */
    String moreRepr() {
        return "";
    }

    @Override
    protected final String extraRepr() {
        return inputSize + ", " + hiddenSize + (bIh == null ? ", bias=False" : "") + moreRepr();
    }
}
