package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.ModuleList;
import java.util.Deque;
import java.util.List;

/** One level on the way down: residual blocks, each followed by attention where there is some, then the halving. */
final class DownBlock extends Block {
    private final ModuleList<ResnetBlock> resnets;
    private final ModuleList<ImageAttention> attentions; // null for none
    private final ModuleList<Downsample> downsamplers; // null on the last level

    /**
     * @param attentions one per residual block, or none
     * @param downsample null on the last level
     */
    DownBlock(List<ResnetBlock> resnets, List<? extends ImageAttention> attentions, Downsample downsample) {
        this.resnets = registerModule("resnets", new ModuleList<>(resnets));
        this.attentions = attentions.isEmpty() ? null : registerModule("attentions", new ModuleList<>(attentions));
        downsamplers =
                downsample == null ? null : registerModule("downsamplers", new ModuleList<>(List.of(downsample)));
    }

    /** Pushes every intermediate result that the way up takes as a further input. */
    Tensor forward(Tensor x, Tensor embedding, TextContext text, Deque<Tensor> skips) {
        for (int i = 0; i < resnets.size(); i++) {
            int at = i;
            x = run(
                    (in, told, context) ->
                            layer(resnets.get(at), attentions == null ? null : attentions.get(at), in, told, context),
                    x,
                    embedding,
                    text);
            skips.push(x);
        }
        if (downsamplers != null) {
            x = downsamplers.get(0).forward(x);
            skips.push(x);
        }
        return x;
    }
}
