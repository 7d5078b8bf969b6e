package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/**
 * Self-attention, attention to what an encoder answered, then two linear layers, each added to its input and normalised:
 * Vaswani et al., "Attention Is All You Need" (2017), section 3.1.
 */
public final class TransformerDecoderLayer extends TransformerLayer {
    private final MultiheadAttention selfAttention;
    private final MultiheadAttention memoryAttention;

    /** With PyTorch's default options, drawn from the default generator. */
    public TransformerDecoderLayer(int features, int heads) {
        this(features, heads, TransformerOptions.defaults(), null);
    }

    /** Draws the weights in PyTorch's order; generator null: the default one. */
    public TransformerDecoderLayer(int features, int heads, TransformerOptions options, Generator generator) {
        super(features, heads, options, generator);
        selfAttention = registerAttention("self_attn");
        memoryAttention = registerAttention("multihead_attn");
        registerRest(3);
    }

    /** With the input as its own memory. */
    @Override
    public Tensor forward(Tensor input) {
        return forward(input, input, false);
    }

    /**
     * With the memory of an encoder.
     *
     * @param input (L, B, features), or (B, L, features) with the batch first
     * @param memory (S, B, features), or (B, S, features) with the batch first
     * @param isCausal whether each place of the input sees only those up to itself
     */
    public Tensor forward(Tensor input, Tensor memory, boolean isCausal) {
        return forward(input, memory, null, null, null, null, isCausal);
    }

    /**
     * With masks as {@link MultiheadAttention} takes them.
     *
     * @param input (L, B, features), or (B, L, features) with the batch first
     * @param memory (S, B, features), or (B, S, features) with the batch first
     * @param mask of the input (L, L) or (B heads, L, L), or null
     * @param memoryMask (L, S) or (B heads, L, S), or null
     * @param keyPaddingMask of the input (B, L), or null
     * @param memoryKeyPaddingMask (B, S), or null
     * @param isCausal whether each place of the input sees only those up to itself; without masks of the input only
     */
    public Tensor forward(
            Tensor input,
            Tensor memory,
            Tensor mask,
            Tensor memoryMask,
            Tensor keyPaddingMask,
            Tensor memoryKeyPaddingMask,
            boolean isCausal) {
        Tensor x = part(0, input, in -> selfAttention.forward(in, in, in, keyPaddingMask, mask, isCausal));
        x = part(1, x, in -> memoryAttention.forward(in, memory, memory, memoryKeyPaddingMask, memoryMask, false));
        return part(2, x, this::feedForward);
    }
}
