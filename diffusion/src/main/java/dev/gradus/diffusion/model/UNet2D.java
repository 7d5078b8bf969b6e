package dev.gradus.diffusion.model;

import dev.gradus.diffusion.model.UNet2DConfig.TimeScaleShift;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.Embedding;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.ModuleList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The network that predicts from a noised image and its timestep: the UNet of Ho et al., "Denoising Diffusion Probabilistic
 * Models" (2020), appendix B, as diffusers' {@code UNet2DModel} has it. Parameters have the same names and order as there,
 * and, from the same generator, the same initial bits.
 */
public final class UNet2D extends Network {
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
                List<ImageAttention> attentions = new ArrayList<>();
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
                List<ImageAttention> attentions = new ArrayList<>();
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

        private ImageAttention attention(int of, boolean normed) {
            return config.crossAttentionDim() == null
                    ? new Attention(config, of, normed, generator)
                    : new TextAttention(config, of, generator);
        }
    }

    @Override
    public UNet2DConfig config() {
        return config;
    }

    /** {@link #forward(Tensor, Tensor, Conditioning)} of an unconditional network. */
    public Tensor forward(Tensor sample, Tensor timestep) {
        return forward(sample, timestep, Conditioning.none());
    }

    /** {@link #forward(Tensor, Tensor, Conditioning)} with class labels, or null for none. */
    public Tensor forward(Tensor sample, Tensor timestep, Tensor classLabels) {
        return forward(sample, timestep, Conditioning.ofLabels(classLabels));
    }

    /**
     * {@inheritDoc}
     *
     * @param sample (B, inChannels, H, W), floating point; H and W are multiples of 2 to the power of the levels minus 1
     */
    @Override
    public Tensor forward(Tensor sample, Tensor timestep, Conditioning conditioning) {
        Inputs.check(config, sample, timestep, conditioning);
        checkSize(sample);
        try (TensorScope scope = TensorScope.open()) {
            TextContext text = TextContext.of(conditioning);
            Tensor x = config.centerInputSample() ? sample.mul(2).sub(1) : sample;
            Tensor embedding = timeEmbedding.forward(timestep.reshape(-1));
            if (classEmbedding != null) {
                embedding = embedding.add(classEmbedding.forward(conditioning.labels()));
            }
            x = convIn.forward(x);
            Deque<Tensor> skips = new ArrayDeque<>();
            skips.push(x);
            for (DownBlock block : downBlocks) {
                x = block.forward(x, embedding, text, skips);
            }
            x = midBlock.forward(x, embedding, text);
            for (UpBlock block : upBlocks) {
                x = block.forward(x, embedding, text, skips);
            }
            return scope.promote(
                    convOut.forward(convNormOut.forward(x, null, null, true).output()));
        }
    }

    private void checkSize(Tensor sample) {
        int levels = config.blockOutChannels().size();
        int factor = 1 << (levels - 1);
        long height = sample.size(2);
        long width = sample.size(3);
        Inputs.require(
                height > 0 && width > 0 && height % factor == 0 && width % factor == 0,
                "height and width of the sample must be multiples of %d, because %d levels halve them %d times; its"
                        + " shape is %s",
                factor,
                levels,
                levels - 1,
                Inputs.text(sample.shape()));
    }

    /**
     * Reads a UNet, as {@link Network#load(Path)} does.
     *
     * @throws ModelFolderException also if the folder holds a network of another kind
     */
    public static UNet2D load(Path folder) throws IOException {
        Network network = Network.load(folder);
        if (network instanceof UNet2D unet) {
            return unet;
        }
        network.close();
        throw new ModelFolderException("the model folder " + folder + " holds no UNet");
    }
}
