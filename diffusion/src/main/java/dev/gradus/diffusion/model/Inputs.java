package dev.gradus.diffusion.model;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import java.util.Arrays;

/**
 * The checks of what is given to {@link Network#forward}. They look at shapes and types only, so they never wait for a
 * device.
 */
final class Inputs {
    private Inputs() {}

    static void check(ModelConfig config, Tensor sample, Tensor timestep, Conditioning conditioning) {
        long[] shape = sample.shape();
        require(
                shape.length == 4 && shape[1] == config.inChannels(),
                "the sample must have the shape (B, %d, H, W), has %s",
                config.inChannels(),
                text(shape));
        require(
                timestep.numel() == 1 || (timestep.dim() == 1 && timestep.size(0) == shape[0]),
                "the timestep must have one value, or one for each of the %d samples; its shape is %s",
                shape[0],
                text(timestep.shape()));
        labels(config, shape[0], conditioning.labels());
        text(config, shape[0], conditioning.text(), conditioning.textMask());
    }

    private static void labels(ModelConfig config, long batch, Tensor labels) {
        if (config.numClassEmbeds() == null) {
            require(labels == null, "class labels are given, but the network is unconditional%s", "");
            return;
        }
        require(
                labels != null,
                "the network is conditional on %d classes and needs class labels",
                config.numClassEmbeds());
        require(
                labels.dim() == 1 && labels.size(0) == batch,
                "there must be one class label for each of the %d samples; their shape is %s",
                batch,
                text(labels.shape()));
        require(
                labels.dtype() == DType.INT64 || labels.dtype() == DType.INT32,
                "class labels must be whole numbers (int64), are %s",
                labels.dtype());
    }

    private static void text(ModelConfig config, long batch, Tensor text, Tensor mask) {
        if (config.crossAttentionDim() == null) {
            require(text == null, "a text is given, but the network takes none%s", "");
            return;
        }
        require(
                text != null,
                "the network is conditional on text and needs %d numbers per token",
                config.crossAttentionDim());
        long[] shape = text.shape();
        require(
                shape.length == 3 && shape[0] == batch && shape[1] > 0 && shape[2] == config.crossAttentionDim(),
                "the text must have the shape (%d, L, %d), has %s",
                batch,
                config.crossAttentionDim(),
                text(shape));
        require(text.dtype().isFloatingPoint(), "the text must be of floating point numbers, is of %s", text.dtype());
        if (mask != null) {
            require(
                    Arrays.equals(mask.shape(), new long[] {batch, shape[1]}) && mask.dtype() == DType.BOOL,
                    "the mask of the text must be bool of the shape (%d, %d), is %s of %s",
                    batch,
                    shape[1],
                    mask.dtype(),
                    text(mask.shape()));
        }
    }

    static void require(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(String.format(message, values));
        }
    }

    static String text(long[] shape) {
        String list = Arrays.toString(shape);
        return "(" + list.substring(1, list.length() - 1) + ")";
    }
}
