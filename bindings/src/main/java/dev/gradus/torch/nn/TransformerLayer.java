package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** What the layers of a transformer share: parts that are each added to their input and normalised, the last one linear. */
abstract sealed class TransformerLayer extends Layer permits TransformerEncoderLayer, TransformerDecoderLayer {
    private final int features;
    private final int heads;
    private final TransformerOptions options;
    private final Generator generator;
    private Linear linear1;
    private Dropout dropout;
    private Linear linear2;
    private final List<LayerNorm> norms = new ArrayList<>();
    private final List<Dropout> dropouts = new ArrayList<>();

    TransformerLayer(int features, int heads, TransformerOptions options, Generator generator) {
        this.features = features;
        this.heads = heads;
        this.options = options;
        this.generator = generator;
    }

    final MultiheadAttention registerAttention(String name) {
        return registerModule(
                name,
                new MultiheadAttention(
                        features, heads, options.dropout(), options.bias(), options.batchFirst(), generator));
    }

    /** The linear layers, then the normalisations and dropouts of this many parts, in PyTorch's order. */
    final void registerRest(int parts) {
        linear1 = registerModule("linear1", new Linear(features, options.feedForward(), options.bias(), generator));
        dropout = registerModule("dropout", new Dropout(options.dropout()));
        linear2 = registerModule("linear2", new Linear(options.feedForward(), features, options.bias(), generator));
        for (int i = 1; i <= parts; i++) {
            long[] shape = {features};
            norms.add(registerModule("norm" + i, new LayerNorm(shape, options.eps(), true, options.bias())));
        }
        for (int i = 1; i <= parts; i++) {
            dropouts.add(registerModule("dropout" + i, new Dropout(options.dropout())));
        }
    }

    /** {@code x} after the part of this number, counted from 0: added to {@code x}, and normalised before or after. */
    final Tensor part(int number, Tensor x, UnaryOperator<Tensor> function) {
        LayerNorm norm = norms.get(number);
        Tensor in = options.normFirst() ? norm.forward(x) : x;
        Tensor sum = x.add(dropouts.get(number).forward(function.apply(in)));
        return options.normFirst() ? sum : norm.forward(sum);
    }

    final Tensor feedForward(Tensor x) {
        Tensor hidden = linear1.forward(x);
        Tensor active = options.gelu() ? F.gelu(hidden) : F.relu(hidden);
        return linear2.forward(dropout.forward(active));
    }
}
