package dev.gradus.torch.nn;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.Arrays;

/** What convolutions share, in one to three dimensions, transposed or not. */
abstract sealed class ConvNd extends Layer
        permits Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
    private final int inChannels;
    private final int outChannels;
    private final long[] kernelSize;
    private final ConvOptions options;
    private final long[] explicitPadding; // for F.pad, null where the convolution pads with zeros itself
    private final Parameter weight;
    private final Parameter bias; // null for none
    private final String repr;

    ConvNd(
            boolean transposed,
            int inChannels,
            int outChannels,
            int[] kernelSize,
            ConvOptions options,
            Generator generator) {
        this.inChannels = Sizes.positive("inChannels", inChannels);
        this.outChannels = Sizes.positive("outChannels", outChannels);
        for (int size : kernelSize) {
            Sizes.positive("kernelSize", size);
        }
        Sizes.divisible("inChannels", inChannels, "groups", options.groups());
        Sizes.divisible("outChannels", outChannels, "groups", options.groups());
        options.checkDimensions(kernelSize.length);
        this.kernelSize = Arrays.stream(kernelSize).asLongStream().toArray();
        boolean pads = options.paddingMode() != PaddingMode.ZEROS;
        if (transposed && (pads || options.isSame())) {
            throw new IllegalArgumentException("a transposed convolution takes padding by numbers, with zeros only");
        }
        explicitPadding = pads ? explicitPadding(options) : null;
        this.options = pads ? options.withPadding(0) : options;
        long[] shape = new long[kernelSize.length + 2];
        shape[0] = transposed ? inChannels : outChannels;
        shape[1] = (transposed ? outChannels : inChannels) / options.groups();
        System.arraycopy(this.kernelSize, 0, shape, 2, kernelSize.length);
        Tensor w = Init.weight_(Torch.empty(shape), generator);
        Tensor b = options.bias() ? Init.bias_(Torch.empty(outChannels), w, generator) : null;
        weight = registerParameter("weight", w);
        bias = b == null ? null : registerParameter("bias", b);
        repr = describe(options);
    }

    /** Pairs for the last dimension first. */
    private long[] explicitPadding(ConvOptions options) {
        int dims = kernelSize.length;
        long[] pairs = new long[2 * dims];
        for (int i = 0; i < dims; i++) {
            long total = options.isSame() ? options.dilationAt(i) * (kernelSize[i] - 1) : 2 * options.paddingAt(i);
            pairs[2 * (dims - 1 - i)] = total / 2;
            pairs[2 * (dims - 1 - i) + 1] = total - total / 2;
        }
        return pairs;
    }

    abstract Tensor convolve(Tensor input, Tensor weight, Tensor bias, ConvOptions options);

    /** The convolution of {@code input}. */
    @Override
    public final Tensor forward(Tensor input) {
        Tensor padded = explicitPadding == null ? input : F.pad(input, explicitPadding, options.paddingMode());
        return convolve(padded, weight.get(), Parameter.get(bias), options);
    }

    /** The weight, owned by this module. */
    public final Tensor weight() {
        return weight.get();
    }

    /** The bias, owned by this module; null if there is none. */
    public final Tensor bias() {
        return Parameter.get(bias);
    }

    private String describe(ConvOptions given) {
        int dims = kernelSize.length;
        StringBuilder text = new StringBuilder(inChannels + ", " + outChannels);
        text.append(", kernel_size=").append(Repr.python(kernelSize));
        text.append(", stride=").append(Repr.python(Sizes.spread(given.strides(), dims)));
        append(text, "padding", given.isSame() ? "same" : Sizes.spread(given.paddings(), dims), 0);
        append(text, "dilation", Sizes.spread(given.dilations(), dims), 1);
        append(text, "output_padding", Sizes.spread(given.outputPaddings(), dims), 0);
        if (given.groups() != 1) {
            text.append(", groups=").append(given.groups());
        }
        if (!given.bias()) {
            text.append(", bias=False");
        }
        if (given.paddingMode() != PaddingMode.ZEROS) {
            text.append(", padding_mode=").append(Repr.python(given.paddingMode()));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String name, Object value, long usual) {
        if (!(value instanceof long[] sizes && Arrays.stream(sizes).allMatch(size -> size == usual))) {
            text.append(", ").append(name).append('=').append(Repr.python(value));
        }
    }

    @Override
    protected final String extraRepr() {
        return repr;
    }
}
