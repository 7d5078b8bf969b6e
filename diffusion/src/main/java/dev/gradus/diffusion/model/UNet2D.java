package dev.gradus.diffusion.model;

import dev.gradus.diffusion.model.UNet2DConfig.TimeScaleShift;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.Embedding;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.ModuleList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * The network that predicts from a noised image and its timestep: the UNet of Ho et al., "Denoising Diffusion Probabilistic
 * Models" (2020), appendix B, as diffusers' {@code UNet2DModel} has it. Parameters have the same names and order as there,
 * and, from the same generator, the same initial bits.
 */
public final class UNet2D extends Module {
    private final UNet2DConfig config;
    private final Conv2d convIn;
    private final TimestepEmbedding timeEmbedding;
    private final Embedding classEmbedding; // null for an unconditional network
    private final ModuleList<DownBlock> downBlocks;
    private final MidBlock midBlock;
    private final ModuleList<UpBlock> upBlocks;
    private final GroupNorm convNormOut;
    private final Conv2d convOut;

    /** A network on the CPU whose initial weights are drawn from {@code generator}. */
    public UNet2D(UNet2DConfig config, Generator generator) {
        this.config = config;
        int first = config.blockOutChannels().getFirst();
        int embedding = 4 * first;
        ConvOptions same = ConvOptions.padding(1);
        try (var _ = TensorScope.open()) {
            convIn = registerModule("conv_in", new Conv2d(config.inChannels(), first, 3, same, generator));
            timeEmbedding = registerModule("time_embedding", new TimestepEmbedding(config, embedding, generator));
            classEmbedding = config.numClassEmbeds() == null
                    ? null
                    : registerModule("class_embedding", new Embedding(config.numClassEmbeds(), embedding, generator));
            Builder builder = new Builder(config, embedding, generator);
            downBlocks = registerModule("down_blocks", new ModuleList<>(builder.downBlocks()));
            midBlock = registerModule("mid_block", builder.midBlock());
            upBlocks = registerModule("up_blocks", new ModuleList<>(builder.upBlocks()));
            convNormOut =
                    registerModule("conv_norm_out", new GroupNorm(config.normNumGroups(), first, config.normEps()));
            convOut = registerModule("conv_out", new Conv2d(first, config.outChannels(), 3, same, generator));
        }
    }

    /** Makes the blocks in the order in which the reference draws their weights. */
    private static final class Builder {
        private final UNet2DConfig config;
        private final int embedding;
        private final Generator generator;
        private final Deque<Integer> skipChannels = new ArrayDeque<>();
        private int channels;

        Builder(UNet2DConfig config, int embedding, Generator generator) {
            this.config = config;
            this.embedding = embedding;
            this.generator = generator;
            channels = config.blockOutChannels().getFirst();
            skipChannels.push(channels);
        }

        List<DownBlock> downBlocks() {
            List<DownBlock> blocks = new ArrayList<>();
            int levels = config.blockOutChannels().size();
            for (int level = 0; level < levels; level++) {
                int out = config.blockOutChannels().get(level);
                boolean attention =
                        UNet2DConfigCheck.hasAttention(config.downBlockTypes().get(level));
                List<ResnetBlock> resnets = new ArrayList<>();
                List<Attention> attentions = new ArrayList<>();
                for (int i = 0; i < config.layersPerBlock(); i++) {
                    resnets.add(resnet(channels, out));
                    channels = out;
                    skipChannels.push(out);
                    if (attention) {
                        attentions.add(attention(out, true));
                    }
                }
                Downsample downsample = null;
                if (level < levels - 1) {
                    downsample = new Downsample(out, config.downsamplePadding(), generator);
                    skipChannels.push(out);
                }
                blocks.add(new DownBlock(resnets, attentions, downsample));
            }
            return blocks;
        }

        MidBlock midBlock() {
            List<ResnetBlock> resnets = List.of(resnet(channels, channels), resnet(channels, channels));
            boolean normed = config.resnetTimeScaleShift() == TimeScaleShift.DEFAULT;
            return new MidBlock(resnets, config.addAttention() ? List.of(attention(channels, normed)) : List.of());
        }

        List<UpBlock> upBlocks() {
            List<UpBlock> blocks = new ArrayList<>();
            int levels = config.blockOutChannels().size();
            for (int level = levels - 1; level >= 0; level--) {
                int out = config.blockOutChannels().get(level);
                boolean attention =
                        UNet2DConfigCheck.hasAttention(config.upBlockTypes().get(levels - 1 - level));
                List<ResnetBlock> resnets = new ArrayList<>();
                List<Attention> attentions = new ArrayList<>();
                for (int i = 0; i <= config.layersPerBlock(); i++) {
                    resnets.add(resnet(channels + skipChannels.pop(), out));
                    channels = out;
                    if (attention) {
                        attentions.add(attention(out, true));
                    }
                }
                blocks.add(new UpBlock(resnets, attentions, level == 0 ? null : new Upsample(out, generator)));
            }
            return blocks;
        }

        private ResnetBlock resnet(int in, int out) {
            return new ResnetBlock(config, in, out, embedding, generator);
        }

        private Attention attention(int of, boolean normed) {
            return new Attention(config, of, normed, generator);
        }
    }

    /** The architecture. */
    public UNet2DConfig config() {
        return config;
    }

    /** {@link #forward(Tensor, Tensor, Tensor)} of an unconditional network. */
    public Tensor forward(Tensor sample, Tensor timestep) {
        return forward(sample, timestep, null);
    }

    /**
     * Runs the network.
     *
     * @param sample (B, inChannels, H, W), floating point; H and W are multiples of 2 to the power of the levels minus 1
     * @param timestep (B), or one value for all: integer or floating point
     * @param classLabels (B), int64, each in [0, numClassEmbeds), for a class-conditional network; else null
     * @return (B, outChannels, H, W), in the scope that is open, else the caller's to close
     * @throws IllegalArgumentException if a shape does not fit, or class labels are missing or not expected
     */
    public Tensor forward(Tensor sample, Tensor timestep, Tensor classLabels) {
        UNet2DInputs.check(config, sample, timestep, classLabels);
        try (TensorScope scope = TensorScope.open()) {
            Tensor x = config.centerInputSample() ? sample.mul(2).sub(1) : sample;
            Tensor embedding = timeEmbedding.forward(timestep.reshape(-1));
            if (classEmbedding != null) {
                embedding = embedding.add(classEmbedding.forward(classLabels));
            }
            x = convIn.forward(x);
            Deque<Tensor> skips = new ArrayDeque<>();
            skips.push(x);
            for (DownBlock block : downBlocks) {
                x = block.forward(x, embedding, skips);
            }
            x = midBlock.forward(x, embedding);
            for (UpBlock block : upBlocks) {
                x = block.forward(x, embedding, skips);
            }
            return scope.promote(convOut.forward(F.silu(convNormOut.forward(x))));
        }
    }

    /**
     * Reads a network from a folder with {@code config.json} and {@code diffusion_pytorch_model.safetensors}, as diffusers
     * and {@link #save(Path)} write it. It is on the CPU, in training mode.
     *
     * @throws ModelFolderException if a file is missing or the weights do not fit the configuration
     * @throws dev.gradus.diffusion.ConfigException if the configuration is unknown or contradictory
     * @throws IOException if a file cannot be read or is not what its name says
     */
    public static UNet2D load(Path folder) throws IOException {
        return UNet2DFolder.load(folder);
    }

    /**
     * Writes this network into a folder, which is made where it is missing; see {@link #load(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    public void save(Path folder) throws IOException {
        save(folder, config, stateDict());
    }

    /**
     * Writes a network given as its configuration and weights, such as averaged ones; see {@link #save(Path)}.
     *
     * @throws IOException if a file cannot be written
     */
    public static void save(Path folder, UNet2DConfig config, Map<String, Tensor> weights) throws IOException {
        UNet2DFolder.save(folder, config, weights);
    }
}
