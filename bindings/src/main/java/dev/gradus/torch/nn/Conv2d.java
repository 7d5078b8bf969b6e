package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;

/** A two-dimensional convolution with bias: (B, inChannels, H, W) to (B, outChannels, H', W'). */
public final class Conv2d extends Module {
    private final Parameter weight;
    private final Parameter bias;
    private final Conv2dOptions options;

    /** A square kernel and the default {@link Conv2dOptions}. */
    public Conv2d(int inChannels, int outChannels, int kernelSize, Generator generator) {
        this(inChannels, outChannels, kernelSize, Conv2dOptions.defaults(), generator);
    }

    /**
     * Draws the weight (outChannels, inChannels / groups, kernelSize, kernelSize), then the bias (outChannels), from
     * {@code generator} as PyTorch's {@code nn.Conv2d} does.
     *
     * @throws IllegalArgumentException if a count is not positive or the groups do not divide the channels
     */
    public Conv2d(int inChannels, int outChannels, int kernelSize, Conv2dOptions options, Generator generator) {
        Sizes.positive("inChannels", inChannels);
        Sizes.positive("outChannels", outChannels);
        Sizes.positive("kernelSize", kernelSize);
        Sizes.divisible("inChannels", inChannels, "groups", options.groups());
        Sizes.divisible("outChannels", outChannels, "groups", options.groups());
        this.options = options;
        Tensor w = Torch.empty(outChannels, inChannels / options.groups(), kernelSize, kernelSize);
        Tensor b = Torch.empty(outChannels);
        Init.bias_(b, Init.weight_(w, generator), generator);
        weight = registerParameter("weight", w);
        bias = registerParameter("bias", b);
    }

    /** The convolution of {@code x} (B, inChannels, H, W). */
    public Tensor forward(Tensor x) {
        return F.conv2d(x, weight.get(), bias.get(), options);
    }

    /** The weight, owned by this module. */
    public Tensor weight() {
        return weight.get();
    }

    /** The bias, owned by this module. */
    public Tensor bias() {
        return bias.get();
    }
}
