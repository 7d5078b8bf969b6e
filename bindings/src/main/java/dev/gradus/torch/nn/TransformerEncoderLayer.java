package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/**
 * Self-attention, then two linear layers, each added to its input and normalised: Vaswani et al., "Attention Is All You Need"
 * (2017), section 3.1.
 */
public final class TransformerEncoderLayer extends Layer {
    private final TransformerOptions options;
    private final MultiheadAttention attention;
    private final Linear linear1;
    private final Dropout dropout;
    private final Linear linear2;
    private final LayerNorm norm1;
    private final LayerNorm norm2;
    private final Dropout dropout1;
    private final Dropout dropout2;

    /** With PyTorch's default options, drawn from the default generator. */
    public TransformerEncoderLayer(int features, int heads) {
        this(features, heads, TransformerOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public TransformerEncoderLayer(int features, int heads, TransformerOptions options, Generator generator) {
        this.options = options;
        attention = registerModule(
                "self_attn",
                new MultiheadAttention(
                        features, heads, options.dropout(), options.bias(), options.batchFirst(), generator));
        linear1 = registerModule("linear1", new Linear(features, options.feedForward(), options.bias(), generator));
        dropout = registerModule("dropout", new Dropout(options.dropout()));
        linear2 = registerModule("linear2", new Linear(options.feedForward(), features, options.bias(), generator));
        norm1 = registerModule("norm1", norm(features));
        norm2 = registerModule("norm2", norm(features));
        dropout1 = registerModule("dropout1", new Dropout(options.dropout()));
        dropout2 = registerModule("dropout2", new Dropout(options.dropout()));
    }

    private LayerNorm norm(int features) {
        return new LayerNorm(new long[] {features}, options.eps(), true, options.bias());
    }

    /** Without masks. */
    @Override
    public Tensor forward(Tensor input) {
        return forward(input, null, null, false);
    }

    /**
     * With masks as {@link MultiheadAttention} takes them.
     *
     * @param input (L, B, features), or (B, L, features) with the batch first
     * @param mask (L, L) or (B heads, L, L), or null
     * @param keyPaddingMask (B, L), or null
     * @param isCausal whether each place sees only those up to itself; without masks only
     */
    public Tensor forward(Tensor input, Tensor mask, Tensor keyPaddingMask, boolean isCausal) {
        if (options.normFirst()) {
            Tensor x = input.add(attend(norm1.forward(input), mask, keyPaddingMask, isCausal));
            return x.add(feedForward(norm2.forward(x)));
        }
        Tensor x = norm1.forward(input.add(attend(input, mask, keyPaddingMask, isCausal)));
        return norm2.forward(x.add(feedForward(x)));
    }

    private Tensor attend(Tensor x, Tensor mask, Tensor keyPaddingMask, boolean isCausal) {
        return dropout1.forward(attention.forward(x, x, x, keyPaddingMask, mask, isCausal));
    }

    private Tensor feedForward(Tensor x) {
        Tensor hidden = linear1.forward(x);
        Tensor active = options.gelu() ? F.gelu(hidden) : F.relu(hidden);
        return dropout2.forward(linear2.forward(dropout.forward(active)));
    }
}
