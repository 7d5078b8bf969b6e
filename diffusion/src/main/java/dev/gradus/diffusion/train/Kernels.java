package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Device;
import dev.gradus.torch.MemoryFormat;

/** Which kernels a network runs, and the layout of images that they want. */
final class Kernels {
    private Kernels() {}

    /** Prepares a network that is on its device. */
    static void choose(TrainConfig config, Network network, Device device) {
        network.fuseKernels(config.kernels() == TrainConfig.Kernels.FUSED);
        if (format(config, device) == MemoryFormat.CHANNELS_LAST) {
            network.to(MemoryFormat.CHANNELS_LAST);
        }
    }

    /** The layout of the network's input, and of the weights of its convolutions. */
    static MemoryFormat format(TrainConfig config, Device device) {
        // What the convolutions of the CPU and the fused kernels are fastest with; ATen's own group norm is slowest
        // with it.
        boolean wanted = config.kernels() == TrainConfig.Kernels.FUSED
                && config.model() instanceof UNet2DConfig
                && !device.isCuda();
        return switch (config.memory().format()) {
            case AUTO -> wanted ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS;
            case CONTIGUOUS -> MemoryFormat.CONTIGUOUS;
            case CHANNELS_LAST -> MemoryFormat.CHANNELS_LAST;
        };
    }
}
