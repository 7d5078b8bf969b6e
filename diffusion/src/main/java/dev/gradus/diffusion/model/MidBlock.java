package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.ModuleList;
import java.util.List;

/** The lowest resolution: a residual block, attention where there is some, another residual block. */
final class MidBlock extends Block {
    private final ModuleList<ImageAttention> attentions;
    private final ModuleList<ResnetBlock> resnets;

    /** Registers the attentions first, as diffusers does: their parameters come first in the list. */
    MidBlock(List<ResnetBlock> resnets, List<? extends ImageAttention> attentions) {
        this.attentions = registerModule("attentions", new ModuleList<>(attentions));
        this.resnets = registerModule("resnets", new ModuleList<>(resnets));
    }

    Tensor forward(Tensor x, Tensor embedding, TextContext text) {
        return run(this::layers, x, embedding, text);
    }

    private Tensor layers(Tensor x, Tensor embedding, TextContext text) {
        x = resnets.get(0).forward(x, embedding);
        if (attentions.size() > 0) {
            x = attentions.get(0).forward(x, text);
        }
        return resnets.get(1).forward(x, embedding);
    }
}
