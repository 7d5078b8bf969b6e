package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.LayerNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.ModuleDict;
import dev.gradus.torch.nn.ModuleList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Self-attention, attention to the text and a gated perceptron, each after a layer norm and around which the input passes:
 * diffusers' {@code BasicTransformerBlock}; the gate is the GEGLU of Shazeer, "GLU Variants Improve Transformer" (2020).
 */
final class TransformerBlock extends Module {
    private final LayerNorm norm1;
    private final Projections attn1;
    private final LayerNorm norm2;
    private final Projections attn2;
    private final LayerNorm norm3;
    private final Linear gate;
    private final Linear out;

    /** An attention's linear layers. */
    private static final class Projections extends Module {
        private final int heads;
        private final Linear toQ;
        private final Linear toK;
        private final Linear toV;
        private final ModuleList<Linear> toOut;

        Projections(int channels, int contextDim, int heads, Generator generator) {
            this.heads = heads;
            toQ = registerModule("to_q", new Linear(channels, channels, false, generator));
            toK = registerModule("to_k", new Linear(contextDim, channels, false, generator));
            toV = registerModule("to_v", new Linear(contextDim, channels, false, generator));
            toOut = registerModule("to_out", new ModuleList<>(List.of(new Linear(channels, channels, generator))));
        }

        Tensor forward(Tensor x, Tensor context, Tensor mask) {
            Tensor y = Heads.attend(toQ.forward(x), toK.forward(context), toV.forward(context), mask, heads);
            return toOut.get(0).forward(y);
        }
    }

    TransformerBlock(int channels, int contextDim, int heads, Generator generator) {
        norm1 = registerModule("norm1", new LayerNorm(channels));
        attn1 = registerModule("attn1", new Projections(channels, channels, heads, generator));
        norm2 = registerModule("norm2", new LayerNorm(channels));
        attn2 = registerModule("attn2", new Projections(channels, contextDim, heads, generator));
        norm3 = registerModule("norm3", new LayerNorm(channels));
        int inner = 4 * channels;
        gate = new Linear(channels, 2 * inner, generator);
        out = new Linear(inner, channels, generator);
        // The names are those of a list whose second entry is a dropout.
        Module net = new ModuleDict<>(new TreeMap<>(Map.of("0", new ModuleDict<>(Map.of("proj", gate)), "2", out)));
        registerModule("ff", new ModuleDict<>(Map.of("net", net)));
    }

    /** (B, L, C) to (B, L, C). */
    Tensor forward(Tensor x, TextContext text) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor y = norm1.forward(x);
            x = attn1.forward(y, y, null).add(x);
            x = attn2.forward(norm2.forward(x), text.tokens(), text.mask()).add(x);
            Tensor[] halves = gate.forward(norm3.forward(x)).chunk(2, -1);
            return scope.promote(out.forward(halves[0].mul(F.gelu(halves[1]))).add(x));
        }
    }
}
