package dev.gradus.diffusion.model;

import dev.gradus.diffusion.model.UNet2DConfig.TimeScaleShift;
import dev.gradus.torch.Generator;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.Dropout;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;

/** Two convolutions, each after group norm and SiLU, around which the input passes; told the timestep in between. */
final class ResnetBlock extends Module {
    private final boolean scaleShift;
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final Linear timeEmbProj;
    private final GroupNorm norm2;
    private final Dropout dropout;
    private final Conv2d conv2;
    private final Conv2d convShortcut; // null where input and output have the same channels

    ResnetBlock(UNet2DConfig config, int in, int out, int embedding, Generator generator) {
        int groups = config.normNumGroups();
        double eps = config.normEps();
        ConvOptions same = ConvOptions.padding(1);
        scaleShift = config.resnetTimeScaleShift() == TimeScaleShift.SCALE_SHIFT;
        norm1 = registerModule("norm1", new GroupNorm(groups, in, eps));
        conv1 = registerModule("conv1", new Conv2d(in, out, 3, same, generator));
        timeEmbProj = registerModule("time_emb_proj", new Linear(embedding, scaleShift ? 2 * out : out, generator));
        norm2 = registerModule("norm2", new GroupNorm(groups, out, eps));
        dropout = registerModule("dropout", new Dropout(config.dropout()));
        conv2 = registerModule("conv2", new Conv2d(out, out, 3, same, generator));
        convShortcut = in == out ? null : registerModule("conv_shortcut", new Conv2d(in, out, 1, generator));
    }

    /** (B, in, H, W) and the embedding (B, E) to (B, out, H, W). */
    Tensor forward(Tensor x, Tensor embedding) {
        try (TensorScope scope = TensorScope.open()) {
            NeuralOps.FusedGroupNorm first = norm1.forward(x, null, null, true);
            Tensor h = conv1.forward(first.output());
            Tensor e = timeEmbProj.forward(F.silu(embedding));
            h = norm2.forward(h, scaleShift ? null : e, scaleShift ? e : null, true)
                    .output();
            h = conv2.forward(dropout.forward(h));
            Tensor around = convShortcut == null ? first.input() : convShortcut.forward(first.input());
            // Backward of a convolution does not need its output, so the sum can take its place.
            return scope.promote(h.dtype() == around.dtype() ? h.add_(around) : around.add(h));
        }
    }
}
