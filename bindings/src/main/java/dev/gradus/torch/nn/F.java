package dev.gradus.torch.nn;

import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;

/**
 * The functions of neural networks, with PyTorch's argument order ({@code torch.nn.functional}). Weights and biases stay the
 * caller's; each result is a new tensor. Arguments named {@code bias} or {@code mask} may be null where said.
 */
public final class F extends LossFunctions {
    private F() {}

    /** How {@link #interpolate} finds values between those that there are. */
    public enum Interpolation {
        /** The nearest one, as PyTorch's {@code nearest}. */
        NEAREST,
        /** The nearest one, with centres as image libraries take them: {@code nearest-exact}. */
        NEAREST_EXACT,
        /** Straight lines, in one, two or three dimensions: {@code linear}, {@code bilinear}, {@code trilinear}. */
        LINEAR,
        /** Cubic splines, in two dimensions: {@code bicubic}. */
        BICUBIC
    }

    /**
     * {@code input weight^T + bias}.
     *
     * @param input (..., I)
     * @param weight (O, I)
     * @param bias (O), or null
     * @return (..., O)
     */
    public static Tensor linear(Tensor input, Tensor weight, Tensor bias) {
        return NeuralOps.linear(input, weight, bias);
    }

    /**
     * {@code input1 weight[o] input2^T + bias[o]} for each output o.
     *
     * @param input1 (..., I)
     * @param input2 (..., J)
     * @param weight (O, I, J)
     * @param bias (O), or null
     * @return (..., O)
     */
    public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor bias) {
        return NeuralOps.bilinear(input1, input2, weight, bias);
    }

    /**
     * The rows of {@code weight} that {@code input} names.
     *
     * @param input indices of an integer type, any shape (...)
     * @param weight (count, dim)
     * @return (..., dim)
     * @throws dev.gradus.torch.TorchIndexException if an index is not in [0, count)
     */
    public static Tensor embedding(Tensor input, Tensor weight) {
        return NeuralOps.embedding(weight, input);
    }

    /** As {@link #embedding(Tensor, Tensor)}; the row {@code paddingIdx} gets no gradient. */
    public static Tensor embedding(Tensor input, Tensor weight, long paddingIdx) {
        return NeuralOps.embedding(weight, input, paddingIdx, false);
    }

    /** A row of zeros with a 1 at each index: (...) INT64 in [0, numClasses) to (..., numClasses). */
    public static Tensor oneHot(Tensor input, long numClasses) {
        return NeuralOps.oneHot(input, numClasses);
    }

    /**
     * In training sets each value to 0 with probability {@code p} and divides the others by {@code 1 - p}, drawing from the
     * default generator of the input's device.
     */
    public static Tensor dropout(Tensor input, double p, boolean training) {
        return NeuralOps.dropout(input, p, training);
    }

    /** {@link #dropout} of whole channels: (B, C, ...). */
    public static Tensor featureDropout(Tensor input, double p, boolean training) {
        return NeuralOps.featureDropout(input, p, training);
    }

    /** {@link #dropout} for {@link #selu}, which keeps mean and variance. */
    public static Tensor alphaDropout(Tensor input, double p, boolean training) {
        return NeuralOps.alphaDropout(input, p, training);
    }

    /** {@link #alphaDropout} of whole channels: (B, C, ...). */
    public static Tensor featureAlphaDropout(Tensor input, double p, boolean training) {
        return NeuralOps.featureAlphaDropout(input, p, training);
    }

    /**
     * Enlarges images by repeating pixels.
     *
     * @param input (B, C, H, W)
     * @param scaleFactor the factor of height and width
     */
    public static Tensor interpolateNearest(Tensor input, double scaleFactor) {
        return NeuralOps.upsampleNearest2d(input, scaleFactor, scaleFactor);
    }

    /**
     * Changes the size of a signal, an image or a volume.
     *
     * @param input (B, C, L), (B, C, H, W) or (B, C, D, H, W)
     * @param size of the result, one number for each dimension of space; or null
     * @param scaleFactor one factor for each dimension of space; or null, where the size is given
     * @param alignCorners for lines and splines: whether the corner pixels keep their values, and not their borders' places
     * @throws IllegalArgumentException if not exactly one of size and factor is given, or the mode has no such dimensions
     */
    public static Tensor interpolate(
            Tensor input, long[] size, double[] scaleFactor, Interpolation mode, boolean alignCorners) {
        int space = input.dim() - 2;
        if ((size == null) == (scaleFactor == null)) {
            throw new IllegalArgumentException(
                    "interpolate needs either a size or a scale factor, got " + (size == null ? "neither" : "both"));
        }
        int given = size == null ? scaleFactor.length : size.length;
        if (given != space) {
            throw new IllegalArgumentException("an input of " + input.dim() + " dimensions has " + space
                    + " of space, the " + (size == null ? "scale factor has " : "size has ") + given);
        }
        return switch (mode) {
            case NEAREST ->
                switch (space) {
                    case 1 -> NeuralOps.upsampleNearest1d(input, size, scaleFactor);
                    case 2 -> NeuralOps.upsampleNearest2d(input, size, scaleFactor);
                    case 3 -> NeuralOps.upsampleNearest3d(input, size, scaleFactor);
                    default -> throw noSuch(mode, space);
                };
            case NEAREST_EXACT ->
                switch (space) {
                    case 1 -> NeuralOps.upsampleNearestExact1d(input, size, scaleFactor);
                    case 2 -> NeuralOps.upsampleNearestExact2d(input, size, scaleFactor);
                    case 3 -> NeuralOps.upsampleNearestExact3d(input, size, scaleFactor);
                    default -> throw noSuch(mode, space);
                };
            case LINEAR ->
                switch (space) {
                    case 1 -> NeuralOps.upsampleLinear1d(input, size, alignCorners, scaleFactor);
                    case 2 -> NeuralOps.upsampleBilinear2d(input, size, alignCorners, scaleFactor);
                    case 3 -> NeuralOps.upsampleTrilinear3d(input, size, alignCorners, scaleFactor);
                    default -> throw noSuch(mode, space);
                };
            case BICUBIC -> {
                if (space != 2) {
                    throw noSuch(mode, space);
                }
                yield NeuralOps.upsampleBicubic2d(input, size, alignCorners, scaleFactor);
            }
        };
    }

    private static IllegalArgumentException noSuch(Interpolation mode, int space) {
        return new IllegalArgumentException("there is no interpolation " + mode + " in " + space + " dimensions");
    }

    /**
     * Pads with zeros.
     *
     * @param padding pairs of how many before and after, for the last dimension first: left, right, top, bottom, ...
     */
    public static Tensor pad(Tensor input, long... padding) {
        return NeuralOps.pad(input, padding, 0.0);
    }

    /** As {@link #pad(Tensor, long...)}, with this value. */
    public static Tensor pad(Tensor input, long[] padding, double value) {
        return NeuralOps.pad(input, padding, value);
    }

    /** As {@link #pad(Tensor, long...)}, with what the mode says. */
    public static Tensor pad(Tensor input, long[] padding, PaddingMode mode) {
        return mode == PaddingMode.ZEROS ? pad(input, padding) : NeuralOps.pad(input, padding, mode.torchName());
    }

    /**
     * {@code softmax(Q K^T / sqrt(E)) V}: Vaswani et al., "Attention Is All You Need" (2017), equation 1.
     *
     * @param query (..., L, E)
     * @param key (..., S, E)
     * @param value (..., S, Ev)
     * @return (..., L, Ev)
     */
    public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value) {
        return scaledDotProductAttention(query, key, value, null, 0.0, false);
    }

    /**
     * As {@link #scaledDotProductAttention(Tensor, Tensor, Tensor)}.
     *
     * @param mask (..., L, S), BOOL where true takes part, or added to the scores; or null
     * @param dropoutP the probability with which a weight counts as 0
     * @param isCausal whether each place sees only those up to itself; the mask must be null then
     */
    public static Tensor scaledDotProductAttention(
            Tensor query, Tensor key, Tensor value, Tensor mask, double dropoutP, boolean isCausal) {
        return NeuralOps.scaledDotProductAttention(query, key, value, mask, dropoutP, isCausal, Double.NaN);
    }

    /** The cosine of the angle between vectors along {@code dim}. */
    public static Tensor cosineSimilarity(Tensor x1, Tensor x2, int dim, double eps) {
        return NeuralOps.cosineSimilarity(x1, x2, dim, eps);
    }

    /** The p-norm of {@code x1 - x2 + eps} over the last dimension. */
    public static Tensor pairwiseDistance(Tensor x1, Tensor x2, double p, double eps, boolean keepdim) {
        return NeuralOps.pairwiseDistance(x1, x2, p, eps, keepdim);
    }
}
