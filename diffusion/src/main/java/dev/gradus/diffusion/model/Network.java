package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A network that predicts from a noised image, its timestep and what is known of the image. */
public abstract class Network extends Module implements Predictor {
    /** For subclasses. */
    protected Network() {}

    /** A network on the CPU whose initial weights are drawn from {@code generator}. */
    public static Network of(ModelConfig config, Generator generator) {
        return switch (config) {
            case UNet2DConfig unet -> new UNet2D(unet, generator);
            case DiTConfig dit -> new DiT(dit, generator);
        };
    }

    /** The architecture. */
    public abstract ModelConfig config();

    /**
     * Runs the network.
     *
     * @param sample (B, inChannels, H, W), floating point
     * @param timestep (B), or one value for all: integer or floating point
     * @param conditioning labels if and only if {@code config().numClassEmbeds()} is set, each below it; text of
     *     {@code config().crossAttentionDim()} numbers per token if and only if that is set
     * @return (B, outChannels, H, W), in the scope that is open, else the caller's to close
     * @throws IllegalArgumentException if a shape does not fit, or labels or text are missing or not expected
     * @throws dev.gradus.torch.TorchIndexException on the CPU, if a label is out of range
     */
    @Override
    public abstract Tensor forward(Tensor sample, Tensor timestep, Conditioning conditioning);

    /**
     * Chooses whether training computes inner results of the blocks again for backward instead of keeping them, which takes less
     * memory and more time. Results and gradients are the same to the bit. Off at first.
     */
    public final void recomputeBlocks(boolean on) {
        apply(module -> {
            if (module instanceof Block block) {
                block.recompute(on);
            }
        });
    }

    /**
     * Chooses whether group norm, what is added before it, and the activation after it are one pass over the memory
     * ({@link dev.gradus.torch.nn.GroupNorm#fused}). Off at first: results and gradients then have the bits of PyTorch's operators,
     * from which those of the fused ones differ by rounding.
     */
    public final void fuseKernels(boolean on) {
        apply(module -> {
            if (module instanceof GroupNorm norm) {
                norm.fused(on);
            }
        });
    }

    /** How many parameters it has, and where. */
    public final Summary summary() {
        return Summary.of(this);
    }

    /**
     * Reads a network from a folder with {@code config.json} and {@code diffusion_pytorch_model.safetensors}, as diffusers
     * and {@link #save(Path)} write it. It is on the CPU, in training mode.
     *
     * @throws ModelFolderException if a file is missing or the weights do not fit the configuration
     * @throws dev.gradus.diffusion.ConfigException if the configuration is unknown or contradictory
     * @throws IOException if a file cannot be read or is not what its name says
     */
    public static Network load(Path folder) throws IOException {
        return NetworkFolder.load(folder);
    }

    /**
     * Reads the architecture of the network in a folder; see {@link #load(Path)}.
     *
     * @throws ModelFolderException if there is no {@code config.json}
     * @throws dev.gradus.diffusion.ConfigException if the configuration is unknown or contradictory
     * @throws IOException if it cannot be read
     */
    public static ModelConfig configOf(Path folder) throws IOException {
        return NetworkFolder.readConfig(folder);
    }

    /**
     * Writes this network into a folder, which is made where it is missing; see {@link #load(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    public final void save(Path folder) throws IOException {
        save(folder, config(), stateDict());
    }

    /**
     * Writes a network given as its configuration and weights, such as averaged ones; see {@link #save(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    public static void save(Path folder, ModelConfig config, Map<String, Tensor> weights) throws IOException {
        NetworkFolder.save(folder, config, weights);
    }
}
