package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.ModuleList;
import java.util.Deque;
import java.util.List;

/**
 * One level on the way up: residual blocks, each of which also takes a result of the way down and is followed by attention
 * where there is some, then the doubling.
 */
final class UpBlock extends Block {
    private final ModuleList<ResnetBlock> resnets;
    private final ModuleList<ImageAttention> attentions; // null for none
    private final ModuleList<Upsample> upsamplers; // null on the last level

    /**
     * @param attentions one per residual block, or none
     * @param upsample null on the last level
     */
    UpBlock(List<ResnetBlock> resnets, List<? extends ImageAttention> attentions, Upsample upsample) {
        this.resnets = registerModule("resnets", new ModuleList<>(resnets));
        this.attentions = attentions.isEmpty() ? null : registerModule("attentions", new ModuleList<>(attentions));
        upsamplers = upsample == null ? null : registerModule("upsamplers", new ModuleList<>(List.of(upsample)));
    }

    /** Pops one of {@code skips} per residual block. */
    Tensor forward(Tensor x, Tensor embedding, TextContext text, Deque<Tensor> skips) {
        for (int i = 0; i < resnets.size(); i++) {
            try (TensorScope scope = TensorScope.open()) {
                Tensor joined = Torch.cat(List.of(x, skips.pop()), 1);
                int at = i;
                x = scope.promote(run(
                        (in, told, context) -> layer(
                                resnets.get(at), attentions == null ? null : attentions.get(at), in, told, context),
                        joined,
                        embedding,
                        text));
            }
        }
        return upsamplers == null ? x : upsamplers.get(0).forward(x);
    }
}
