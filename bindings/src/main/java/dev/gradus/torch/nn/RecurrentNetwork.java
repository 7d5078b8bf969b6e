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
    private final List<Parameter> weights = new ArrayList<>();

    /**
     * Draws each weight from the uniform distribution in plus or minus {@code 1 / sqrt(hiddenSize)}, as PyTorch does.
     *
     * @param gates how many there are: 1, 3 or 4
     */
    RecurrentNetwork(int gates, int inputSize, int hiddenSize, RecurrentOptions options, Generator generator) {
        this.inputSize = Sizes.positive("inputSize", inputSize);
        this.hiddenSize = Sizes.positive("hiddenSize", hiddenSize);
        this.options = options;
        double bound = 1 / Math.sqrt(hiddenSize);
        for (int layer = 0; layer < options.layers(); layer++) {
            int in = layer == 0 ? inputSize : hiddenSize * options.directions();
            for (int direction = 0; direction < options.directions(); direction++) {
                String suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
                add("weight_ih" + suffix, bound, generator, gates * hiddenSize, in);
                add("weight_hh" + suffix, bound, generator, gates * hiddenSize, hiddenSize);
                if (options.bias()) {
                    add("bias_ih" + suffix, bound, generator, gates * hiddenSize);
                    add("bias_hh" + suffix, bound, generator, gates * hiddenSize);
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

    /** Zeros (layers D, B, H) in the type and on the device of an input. */
    final Tensor start(Tensor input) {
        if (input.dim() != 3) {
            throw new IllegalArgumentException(getClass().getSimpleName() + " takes an input of 3 dimensions, "
                    + (options.batchFirst() ? "(B, L, " : "(L, B, ") + inputSize + "), this one has " + input.dim());
        }
        long batch = input.size(options.batchFirst() ? 0 : 1);
        var like = new dev.gradus.torch.TensorOptions(input.dtype(), input.device(), false);
        return Torch.zeros(like, (long) options.layers() * options.directions(), batch, hiddenSize);
    }

    @Override
    protected final String extraRepr() {
        StringBuilder text = new StringBuilder(inputSize + ", " + hiddenSize);
        text.append(options.layers() == 1 ? "" : ", num_layers=" + options.layers());
        text.append(options.bias() ? "" : ", bias=False");
        text.append(options.batchFirst() ? ", batch_first=True" : "");
        text.append(options.dropout() == 0 ? "" : ", dropout=" + options.dropout());
        text.append(options.bidirectional() ? ", bidirectional=True" : "");
        return text.toString();
    }
}
