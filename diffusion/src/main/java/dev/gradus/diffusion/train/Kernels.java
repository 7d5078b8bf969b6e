package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Backends;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Fused;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Torch;

/** Which kernels a network runs, and what they want: the layout of images, the type of numbers. */
final class Kernels {
    /** The first generation of GPUs with bfloat16 has the compute capability 8. */
    private static final int AMPERE = 8;

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
        // What convolutions and the fused kernels are fastest with; ATen's own group norm is slowest
        // with it.
        boolean wanted = config.kernels() == TrainConfig.Kernels.FUSED
                && config.model() instanceof UNet2DConfig
                && Fused.hasGroupNorm(device.type());
        return switch (config.memory().format()) {
            case AUTO -> wanted ? MemoryFormat.CHANNELS_LAST : MemoryFormat.CONTIGUOUS;
            case CONTIGUOUS -> MemoryFormat.CONTIGUOUS;
            case CHANNELS_LAST -> MemoryFormat.CHANNELS_LAST;
        };
    }

    /** What the network computes in: {@code auto} is bfloat16 on a GPU or CPU that has it, else float32. */
    static DType precision(TrainConfig config, Device device) {
        return switch (config.precision()) {
            case AUTO -> hasBfloat16(device) ? DType.BFLOAT16 : DType.FLOAT32;
            case FP32 -> DType.FLOAT32;
            case BF16 -> DType.BFLOAT16;
            case FP16 -> DType.FLOAT16;
        };
    }

    private static boolean hasBfloat16(Device device) {
        if (!device.isCuda()) {
            return Torch.cpuHasBfloat16();
        }
        int index = device.index() < 0 ? Cuda.currentDevice() : device.index();
        return Cuda.properties(index).major() >= AMPERE;
    }

    /** Switches of libtorch that a configuration asks for; they are of the process. */
    static void prepare(TrainConfig config, Device device) {
        if (device.isCuda()) {
            Backends.TF32_MATMUL.set(config.cuda().tf32());
            Backends.TF32_CUDNN.set(config.cuda().tf32());
            // Shapes stay the same, so trying all algorithms once pays.
            Backends.CUDNN_BENCHMARK.set(true);
        }
    }
}
