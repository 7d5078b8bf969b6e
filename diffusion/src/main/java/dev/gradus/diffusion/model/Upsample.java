package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Module;

/** Doubles height and width by repeating pixels, then convolves. */
final class Upsample extends Module {
    private final Conv2d conv;

    Upsample(int channels, Generator generator) {
        conv = registerModule("conv", new Conv2d(channels, channels, 3, ConvOptions.padding(1), generator));
    }

    /** (B, C, H, W) to (B, C, 2 H, 2 W). */
    Tensor forward(Tensor x) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.promote(conv.forward(F.interpolateNearest(x, 2.0)));
        }
    }
}
