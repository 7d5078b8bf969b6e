package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;

/** What {@link LSTM}, {@link GRU} and {@link RNN} share: options, weights, and the order in which they are drawn. */
abstract sealed class RecurrentNetwork extends Module permits LSTM, HiddenStateNetwork {
    final RecurrentOptions options;

    private final int inputSize;
    private final int hiddenSize;
    private final int projSize; // 0 for none
    private final List<Parameter> weights = new ArrayList<>();

    /**
     * Draws each weight from the uniform distribution in plus or minus {@code 1 / sqrt(hiddenSize)}, as PyTorch does.
     *
     * @param gates how many there are: 1, 3 or 4
     * @param projSize the size that hidden states are projected to, below hiddenSize; 0 for none
     */
    RecurrentNetwork(
            int gates, int inputSize, int hiddenSize, int projSize, RecurrentOptions options, Generator generator) {
        this.inputSize = Sizes.positive("inputSize", inputSize);
        this.hiddenSize = Sizes.positive("hiddenSize", hiddenSize);
        this.projSize = projSize;
        this.options = options;
        if (projSize < 0 || projSize >= hiddenSize) {
            throw new IllegalArgumentException(
                    "projSize must be in [0, hiddenSize), is " + projSize + " with hiddenSize " + hiddenSize);
        }
        int stateSize = stateSize();
        double bound = 1 / Math.sqrt(hiddenSize);
        for (int layer = 0; layer < options.layers(); layer++) {
            int in = layer == 0 ? inputSize : stateSize * options.directions();
            for (int direction = 0; direction < options.directions(); direction++) {
                String suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
                add("weight_ih" + suffix, bound, generator, gates * hiddenSize, in);
                add("weight_hh" + suffix, bound, generator, gates * hiddenSize, stateSize);
                if (options.bias()) {
                    add("bias_ih" + suffix, bound, generator, gates * hiddenSize);
                    add("bias_hh" + suffix, bound, generator, gates * hiddenSize);
                }
                if (projSize > 0) {
                    add("weight_hr" + suffix, bound, generator, projSize, hiddenSize);
                }
            }
        }
    }

    private void add(String name, double bound, Generator generator, long... shape) {
        weights.add(registerParameter(name, Torch.empty(shape).uniform_(-bound, bound, generator)));
    }

    /** The weights in the order in which the operators take them. */
    final List<Tensor> weights() {
        List<Tensor> tensors = new ArrayList<>(weights.size());
        for (Parameter weight : weights) {
            tensors.add(weight.get());
        }
        return tensors;
    }

    /** The size of a hidden state. */
    final int stateSize() {
        return projSize > 0 ? projSize : hiddenSize;
    }

    /** Whether an input has a batch; what has none gets one of one example. */
    final boolean isBatched(Tensor input) {
        int dim = input.dim();
        if (dim != 2 && dim != 3) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " takes an input of 3 dimensions, "
                    + (options.batchFirst() ? "(B, L, " : "(L, B, ") + inputSize + "), or of 2 without a batch, (L, "
                    + inputSize + "); this one has " + dim);
        }
        return dim == 3;
    }

    final int batchDim() {
        return options.batchFirst() ? 0 : 1;
    }

    /** Zeros (layers D, B, size), or (layers D, size) without a batch, in the type and on the device of an input. */
    final Tensor start(Tensor input, int size) {
        long layers = (long) options.layers() * options.directions();
        var like = new dev.gradus.torch.TensorOptions(input.dtype(), input.device(), false);
        return isBatched(input)
                ? Torch.zeros(like, layers, input.size(batchDim()), size)
                : Torch.zeros(like, layers, size);
    }

    @Override
    protected final String extraRepr() {
        StringBuilder text = new StringBuilder(inputSize + ", " + hiddenSize);
        text.append(projSize == 0 ? "" : ", proj_size=" + projSize);
        text.append(options.layers() == 1 ? "" : ", num_layers=" + options.layers());
        text.append(options.bias() ? "" : ", bias=False");
        text.append(options.batchFirst() ? ", batch_first=True" : "");
        text.append(options.dropout() == 0 ? "" : ", dropout=" + options.dropout());
        text.append(options.bidirectional() ? ", bidirectional=True" : "");
        return text.toString();
    }
}
