package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.ModuleList;
import java.util.List;

/**
 * A transformer block over the positions of an image, which sees the text, around which the input passes: the spatial
 * transformer of Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022), section 3.3 and
 * appendix E.2.1, as diffusers' {@code Transformer2DModel} has it.
 */
final class TextAttention extends ImageAttention {
    private static final double EPS = 1e-6;

    private final GroupNorm norm;
    private final Conv2d projIn;
    private final ModuleList<TransformerBlock> blocks;
    private final Conv2d projOut;

    TextAttention(UNet2DConfig config, int channels, Generator generator) {
        norm = registerModule("norm", new GroupNorm(config.normNumGroups(), channels, EPS));
        projIn = registerModule("proj_in", new Conv2d(channels, channels, 1, generator));
        TransformerBlock block =
                new TransformerBlock(channels, config.crossAttentionDim(), config.numAttentionHeads(), generator);
        blocks = registerModule("transformer_blocks", new ModuleList<>(List.of(block)));
        projOut = registerModule("proj_out", new Conv2d(channels, channels, 1, generator));
    }

    @Override
    Tensor forward(Tensor x, TextContext text) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor pixels =
                    projIn.forward(norm.forward(x, null, null, false).output()).permute(0, 2, 3, 1);
            Tensor y = blocks.get(0).forward(pixels.flatten(1, 2), text);
            y = y.reshapeAs(pixels).permute(0, 3, 1, 2);
            // In the layout of x.
            y = x.isContiguous() ? y.contiguous() : y;
            return scope.promote(projOut.forward(y).add(x));
        }
    }
}
