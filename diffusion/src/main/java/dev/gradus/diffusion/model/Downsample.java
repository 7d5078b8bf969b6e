package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Module;

/** Halves height and width by a convolution of stride 2. */
final class Downsample extends Module {
    private final int padding;
    private final Conv2d conv;

    Downsample(int channels, int padding, Generator generator) {
        this.padding = padding;
        ConvOptions options = ConvOptions.stride(2).withPadding(padding);
        conv = registerModule("conv", new Conv2d(channels, channels, 3, options, generator));
    }

    /** (B, C, H, W) to (B, C, H / 2, W / 2). */
    Tensor forward(Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(conv.forward(padding == 0 ? F.pad(x, 0, 1, 0, 1) : x));
        }
    }
}
