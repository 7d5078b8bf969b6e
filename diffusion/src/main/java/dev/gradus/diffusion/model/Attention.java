package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.ModuleList;
import java.util.List;

/** Self-attention of all positions of an image to each other, around which the input passes. */
final class Attention extends Module {
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

    /** (B, C, H, W) to (B, C, H, W). */
    Tensor forward(Tensor x) {
        long b = x.size(0);
        long c = x.size(1);
        long h = x.size(2);
        long w = x.size(3);
        try (TensorScope scope = TensorScope.open()) {
            Tensor pixels = x.reshape(b, c, h * w);
            Tensor y = (groupNorm == null ? pixels : groupNorm.forward(pixels)).transpose(1, 2);
            Tensor q = split(toQ.forward(y));
            Tensor k = split(toK.forward(y));
            Tensor v = split(toV.forward(y));
            y = F.scaledDotProductAttention(q, k, v).transpose(1, 2).reshape(b, h * w, c);
            return scope.promote(x.add(toOut.get(0).forward(y).transpose(1, 2).reshape(b, c, h, w)));
        }
    }

    /** (B, L, C) to (B, heads, L, C / heads). */
    private Tensor split(Tensor y) {
        return y.reshape(y.size(0), y.size(1), heads, -1).transpose(1, 2);
    }
}
