package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.ModuleList;
import java.util.List;

/** Self-attention of all positions of an image to each other, around which the input passes. */
final class Attention extends ImageAttention {
    private final int heads;
    private final GroupNorm groupNorm; // null for none
    private final Linear toQ;
    private final Linear toK;
    private final Linear toV;
    private final ModuleList<Linear> toOut;

    Attention(UNet2DConfig config, int channels, boolean normed, Generator generator) {
        Integer headDim = config.attentionHeadDim();
        heads = headDim == null ? 1 : channels / headDim;
        groupNorm = normed
                ? registerModule("group_norm", new GroupNorm(config.normNumGroups(), channels, config.normEps()))
                : null;
        toQ = registerModule("to_q", new Linear(channels, channels, generator));
        toK = registerModule("to_k", new Linear(channels, channels, generator));
        toV = registerModule("to_v", new Linear(channels, channels, generator));
        toOut = registerModule("to_out", new ModuleList<>(List.of(new Linear(channels, channels, generator))));
    }

    @Override
    Tensor forward(Tensor x, TextContext text) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor pixels = x.flatten(2, -1);
            Tensor normed = groupNorm == null
                    ? pixels
                    : groupNorm.forward(pixels, null, null, false).output();
            Tensor y = normed.transpose(1, 2);
            y = Heads.attend(toQ.forward(y), toK.forward(y), toV.forward(y), null, heads);
            return scope.promote(x.add(toOut.get(0).forward(y).transpose(1, 2).reshapeAs(x)));
        }
    }
}
