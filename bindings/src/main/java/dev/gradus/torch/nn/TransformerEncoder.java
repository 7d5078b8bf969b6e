package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.List;

/** Layers of a transformer one after the other, with a normalisation at the end or without. */
public final class TransformerEncoder extends Layer {
    private final ModuleList<TransformerEncoderLayer> layers;
    private final LayerNorm norm; // null for none

    /**
     * Takes ownership of the layers. PyTorch copies one layer, so that all start with the same weights; here each starts with
     * its own.
     *
     * @param norm at the end, or null
     */
    public TransformerEncoder(List<TransformerEncoderLayer> layers, LayerNorm norm) {
        this.layers = registerModule("layers", new ModuleList<>(layers));
        this.norm = norm == null ? null : registerModule("norm", norm);
    }

    /** Without masks. */
    @Override
    public Tensor forward(Tensor input) {
        return forward(input, null, null, false);
    }

    /** With masks as {@link TransformerEncoderLayer#forward(Tensor, Tensor, Tensor, boolean)} takes them. */
    public Tensor forward(Tensor input, Tensor mask, Tensor keyPaddingMask, boolean isCausal) {
        Tensor x = input;
        for (TransformerEncoderLayer layer : layers) {
            x = layer.forward(x, mask, keyPaddingMask, isCausal);
        }
        return norm == null ? x : norm.forward(x);
    }
}
