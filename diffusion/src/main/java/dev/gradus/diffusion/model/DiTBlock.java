package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.LayerNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.Sequential;
import dev.gradus.torch.nn.SiLU;
import java.util.List;

/**
 * Self-attention, attention to the text where there is one, and a perceptron, around which the input passes. What the network
 * is told scales and shifts the norms and gates the branches (adaLN-Zero: Peebles and Xie, section 3.2).
 */
final class DiTBlock extends Block {
    private static final double EPS = 1e-6;

    private final LayerNorm norm1;
    private final Attention attn;
    private final CrossAttention crossAttn; // null without text
    private final LayerNorm norm2;
    private final Mlp mlp;
    private final Sequential adaLnModulation;

    DiTBlock(DiTConfig config, Generator generator) {
        int size = config.hiddenSize();
        norm1 = registerModule("norm1", plainNorm(size));
        attn = registerModule("attn", new Attention(size, config.numHeads(), generator));
        crossAttn = config.crossAttentionDim() == null
                ? null
                : registerModule("cross_attn", new CrossAttention(size, config.numHeads(), generator));
        norm2 = registerModule("norm2", plainNorm(size));
        mlp = registerModule("mlp", new Mlp(size, config.mlpSize(), size, generator));
        adaLnModulation = registerModule("adaLN_modulation", modulation(size, 6, generator));
    }

    /** A layer norm without scale and shift of its own. */
    static LayerNorm plainNorm(int size) {
        return new LayerNorm(new long[] {size}, EPS, false, false);
    }

    /** (B, size) to (B, parts x size). */
    static Sequential modulation(int size, int parts, Generator generator) {
        return new Sequential(new SiLU(), new Linear(size, parts * size, generator));
    }

    /** {@code x (1 + scale) + shift}: (B, L, C) by (B, C). */
    static Tensor modulate(Tensor x, Tensor shift, Tensor scale) {
        return x.mul(scale.unsqueeze(1).add(1)).add(shift.unsqueeze(1));
    }

    /** (B, L, C) and what the network is told, (B, C), to (B, L, C). */
    Tensor forward(Tensor x, Tensor told, TextContext text) {
        return run(this::layers, x, told, text);
    }

    private Tensor layers(Tensor x, Tensor told, TextContext text) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor[] m = adaLnModulation.forward(told).chunk(6, 1);
            Tensor y = attn.forward(modulate(norm1.forward(x), m[0], m[1]));
            x = x.add(m[2].unsqueeze(1).mul(y));
            if (crossAttn != null) {
                x = x.add(crossAttn.forward(x, text));
            }
            y = mlp.forward(modulate(norm2.forward(x), m[3], m[4]));
            return scope.promote(x.add(m[5].unsqueeze(1).mul(y)));
        }
    }

    /** The linear layers that start as zeros. */
    List<Linear> zeros() {
        Linear modulation = (Linear) adaLnModulation.get(1);
        return crossAttn == null ? List.of(modulation) : List.of(modulation, crossAttn.proj);
    }

    private static final class Attention extends Module {
        private final int heads;
        private final Linear qkv;
        private final Linear proj;

        Attention(int size, int heads, Generator generator) {
            this.heads = heads;
            qkv = registerModule("qkv", new Linear(size, 3 * size, generator));
            proj = registerModule("proj", new Linear(size, size, generator));
        }

        Tensor forward(Tensor x) {
            Tensor[] parts = qkv.forward(x).chunk(3, 2);
            return proj.forward(Heads.attend(parts[0], parts[1], parts[2], null, heads));
        }
    }

    /** Attention to the text, with the names of PixArt-alpha (Chen et al., arXiv 2310.00426, section 2.2). */
    private static final class CrossAttention extends Module {
        private final int heads;
        private final Linear qLinear;
        private final Linear kvLinear;
        private final Linear proj;

        CrossAttention(int size, int heads, Generator generator) {
            this.heads = heads;
            qLinear = registerModule("q_linear", new Linear(size, size, generator));
            kvLinear = registerModule("kv_linear", new Linear(size, 2 * size, generator));
            proj = registerModule("proj", new Linear(size, size, generator));
        }

        Tensor forward(Tensor x, TextContext text) {
            Tensor[] kv = kvLinear.forward(text.tokens()).chunk(2, 2);
            return proj.forward(Heads.attend(qLinear.forward(x), kv[0], kv[1], text.mask(), heads));
        }
    }

    /** Two linear layers with a GELU, approximated by a hyperbolic tangent, between them. */
    static final class Mlp extends Module {
        private final Linear fc1;
        private final Linear fc2;

        Mlp(int in, int hidden, int out, Generator generator) {
            fc1 = registerModule("fc1", new Linear(in, hidden, generator));
            fc2 = registerModule("fc2", new Linear(hidden, out, generator));
        }

        Tensor forward(Tensor x) {
            return fc2.forward(F.gelu(fc1.forward(x), true));
        }

        List<Linear> layers() {
            return List.of(fc1, fc2);
        }
    }
}
