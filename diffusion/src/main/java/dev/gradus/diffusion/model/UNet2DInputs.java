package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import java.util.Arrays;

/** The checks of what is given to {@link UNet2D#forward}. They look at shapes only, so they never wait for a device. */
final class UNet2DInputs {
    private UNet2DInputs() {}

    static void check(UNet2DConfig config, Tensor sample, Tensor timestep, Tensor classLabels) {
        long[] shape = sample.shape();
        require(
                shape.length == 4 && shape[1] == config.inChannels(),
                "the sample must have the shape (B, %d, H, W), has %s",
                config.inChannels(),
                text(shape));
        int levels = config.blockOutChannels().size();
        int factor = 1 << (levels - 1);
        require(
                shape[2] > 0 && shape[3] > 0 && shape[2] % factor == 0 && shape[3] % factor == 0,
                "height and width of the sample must be multiples of %d, because %d levels halve them %d times; its"
                        + " shape is %s",
                factor,
                levels,
                levels - 1,
                text(shape));
        require(
                timestep.numel() == 1 || (timestep.dim() == 1 && timestep.size(0) == shape[0]),
                "the timestep must have one value, or one for each of the %d samples; its shape is %s",
                shape[0],
                text(timestep.shape()));
        if (config.numClassEmbeds() == null) {
            require(classLabels == null, "class labels are given, but the network is unconditional%s", "");
        } else {
            require(
                    classLabels != null,
                    "the network is conditional on %d classes and needs class labels",
                    config.numClassEmbeds());
            require(
                    classLabels.dim() == 1 && classLabels.size(0) == shape[0],
                    "there must be one class label for each of the %d samples; their shape is %s",
                    shape[0],
                    text(classLabels.shape()));
        }
    }

    private static void require(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(String.format(message, values));
        }
    }

    private static String text(long[] shape) {
        String list = Arrays.toString(shape);
        return "(" + list.substring(1, list.length() - 1) + ")";
    }
}
