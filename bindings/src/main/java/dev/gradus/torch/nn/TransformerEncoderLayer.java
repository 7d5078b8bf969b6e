package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/**
 * Self-attention, then two linear layers, each added to its input and normalised: Vaswani et al., "Attention Is All You Need"
 * (2017), section 3.1.
 */
public final class TransformerEncoderLayer extends TransformerLayer {
    private final MultiheadAttention attention;

    /** With PyTorch's default options, drawn from the default generator. */
    public TransformerEncoderLayer(int features, int heads) {
        this(features, heads, TransformerOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public TransformerEncoderLayer(int features, int heads, TransformerOptions options, Generator generator) {
        super(features, heads, options, generator);
        attention = registerAttention("self_attn");
        registerRest(2);
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
        Tensor x = part(0, input, in -> attention.forward(in, in, in, keyPaddingMask, mask, isCausal));
        return part(1, x, this::feedForward);
    }
}
