package dev.gradus.diffusion.eval;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.AdaptiveAvgPool2d;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.MaxPool2d;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.Sequential;
import dev.gradus.torch.nn.SiLU;

/** A convolutional network of some 100,000 weights (for 28 x 28) that tells classes apart: version 1 of the embedded features. */
final class SmallClassifier extends Module {
    static final int FEATURES = 128;
    static final int SMALLEST = 8;

    private static final int[] WIDTHS = {16, 32, 64};
    private static final int GRID = 4;

    private final Sequential body;
    private final Linear toFeatures;
    private final Linear toClasses;

    /** @param height and {@code width}, at least {@link #SMALLEST} */
    SmallClassifier(int channels, int height, int width, int classes, Generator generator) {
        int rows = Math.clamp((height + 1) / 8, 1, GRID);
        int columns = Math.clamp((width + 1) / 8, 1, GRID);
        body = registerModule(
                "body",
                new Sequential(
                        new Conv2d(channels, WIDTHS[0], 5, ConvOptions.stride(2).withPadding(2), generator),
                        new SiLU(),
                        new Conv2d(WIDTHS[0], WIDTHS[1], 3, ConvOptions.padding(1), generator),
                        new MaxPool2d(2),
                        new SiLU(),
                        new Conv2d(WIDTHS[1], WIDTHS[2], 3, ConvOptions.padding(1), generator),
                        new MaxPool2d(2),
                        new SiLU(),
                        new AdaptiveAvgPool2d(new int[] {rows, columns})));
        toFeatures = registerModule("to_features", new Linear(WIDTHS[2] * rows * columns, FEATURES, generator));
        toClasses = registerModule("to_classes", new Linear(FEATURES, classes, generator));
    }

    /** (B, C, H, W) to (B, {@link #FEATURES}). */
    Tensor features(Tensor images) {
        return F.silu(toFeatures.call(body.call(images).flatten(1, -1)));
    }

    /** Features to unnormalised log-probabilities (B, classes). */
    Tensor logits(Tensor features) {
        return toClasses.call(features);
    }
}
