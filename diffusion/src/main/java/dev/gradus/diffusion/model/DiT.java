package dev.gradus.diffusion.model;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.Embedding;
import dev.gradus.torch.nn.Init;
import dev.gradus.torch.nn.LayerNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.ModuleList;
import dev.gradus.torch.nn.Parameter;
import dev.gradus.torch.nn.Sequential;
import dev.gradus.torch.nn.SiLU;
import java.util.stream.IntStream;

/**
 * The diffusion transformer of Peebles and Xie, "Scalable Diffusion Models with Transformers" (arXiv 2212.09748), with the
 * parameter names of the published weights. Squares of the image become tokens; timestep and class modulate each block; a text
 * is attended to after self-attention (Chen et al., "PixArt-alpha", arXiv 2310.00426), through a perceptron
 * {@code y_embedder.y_proj} that brings it to the size of the tokens.
 *
 * <p>The position embedding is fixed. It is {@code pos_embed} in a model's folder, as in the published weights, but no
 * parameter.
 */
public final class DiT extends Network {
    /** The name of the position embedding in a file of weights. */
    static final String POS_EMBED = "pos_embed";

    private final DiTConfig config;
    private final PatchEmbedder xEmbedder;
    private final TimestepEmbedder tEmbedder;
    private final LabelEmbedder yEmbedder; // null without conditioning
    private final Parameter posEmbed;
    private final ModuleList<DiTBlock> blocks;
    private final FinalLayer finalLayer;

    /** A network on the CPU whose initial weights are drawn from {@code generator}. */
    public DiT(DiTConfig config, Generator generator) {
        this.config = config;
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            xEmbedder = registerModule("x_embedder", new PatchEmbedder(config, generator));
            tEmbedder = registerModule("t_embedder", new TimestepEmbedder(config.hiddenSize(), generator));
            boolean told = config.numClassEmbeds() != null || config.crossAttentionDim() != null;
            yEmbedder = told ? registerModule("y_embedder", new LabelEmbedder(config, generator)) : null;
            posEmbed = registerBuffer(POS_EMBED, SinCos.grid(config.hiddenSize(), config.gridSize()), false);
            blocks = registerModule(
                    "blocks",
                    new ModuleList<>(IntStream.range(0, config.depth())
                            .mapToObj(i -> new DiTBlock(config, generator))
                            .toList()));
            finalLayer = registerModule("final_layer", new FinalLayer(config, generator));
            initialise(generator);
        }
    }

    /**
     * As published: linear layers by Xavier's uniform distribution without biases, the embeddings of timestep, class and text
     * normal with deviation 0.02, and zeros in what modulates, in the final layer and in the last layer of attention to a text,
     * so that each block starts as the identity.
     */
    private void initialise(Generator generator) {
        for (Module module : namedModules().values()) {
            if (module instanceof Linear linear) {
                Init.xavierUniform_(linear.weight(), generator);
                if (linear.bias() != null) {
                    Init.zeros_(linear.bias());
                }
            }
        }
        Tensor patches = xEmbedder.proj.weight();
        Init.xavierUniform_(patches.view(patches.size(0), -1), generator);
        Init.zeros_(xEmbedder.proj.bias());
        if (yEmbedder != null) {
            yEmbedder.initialise(generator);
        }
        Init.normal_(((Linear) tEmbedder.mlp.get(0)).weight(), 0, 0.02, generator);
        Init.normal_(((Linear) tEmbedder.mlp.get(2)).weight(), 0, 0.02, generator);
        blocks.forEach(block -> block.zeros().forEach(DiT::zero));
        zero(finalLayer.linear);
        zero((Linear) finalLayer.adaLnModulation.get(1));
    }

    private static void zero(Linear layer) {
        Init.zeros_(layer.weight());
        Init.zeros_(layer.bias());
    }

    @Override
    public DiTConfig config() {
        return config;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The image must have the height and width {@code config().sampleSize()}. If the network has learned a variance, this is
     * its first half of channels.
     */
    @Override
    public Tensor forward(Tensor sample, Tensor timestep, Conditioning conditioning) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor all = forwardWithSigma(sample, timestep, conditioning);
            return scope.promote(config.learnSigma() ? all.narrow(1, 0, config.inChannels()) : all);
        }
    }

    /** As {@link #forward}, with all channels: (B, 2 inChannels, H, W) if {@code config().learnSigma()}. */
    public Tensor forwardWithSigma(Tensor sample, Tensor timestep, Conditioning conditioning) {
        Inputs.check(config, sample, timestep, conditioning);
        Inputs.require(
                sample.size(2) == config.sampleSize() && sample.size(3) == config.sampleSize(),
                "height and width of the sample must be %d; its shape is %s",
                config.sampleSize(),
                Inputs.text(sample.shape()));
        try (TensorScope scope = TensorScope.open()) {
            Tensor x = xEmbedder.forward(sample).add(posEmbed.get());
            Tensor told = tEmbedder.forward(timestep.reshape(-1));
            if (conditioning.labels() != null) {
                told = told.add(yEmbedder.embeddingTable.forward(conditioning.labels()));
            }
            if (told.size(0) != sample.size(0)) {
                told = told.expand(sample.size(0), -1);
            }
            TextContext text = TextContext.of(conditioning);
            if (text != null) {
                text = new TextContext(yEmbedder.yProj.forward(text.tokens()), text.mask());
            }
            for (DiTBlock block : blocks) {
                x = block.forward(x, told, text);
            }
            return scope.promote(toImage(finalLayer.forward(x, told)));
        }
    }

    /** (B, L, p p C) to (B, C, H, W). */
    private Tensor toImage(Tensor tokens) {
        int grid = config.gridSize();
        int patch = config.patchSize();
        return tokens.unflatten(2, patch, patch, -1)
                .unflatten(1, grid, grid)
                .permute(0, 5, 1, 3, 2, 4)
                .flatten(4, 5)
                .flatten(2, 3);
    }

    /** Each square of the image to a token. */
    private static final class PatchEmbedder extends Module {
        private final Conv2d proj;

        PatchEmbedder(DiTConfig config, Generator generator) {
            int patch = config.patchSize();
            proj = registerModule(
                    "proj",
                    new Conv2d(config.inChannels(), config.hiddenSize(), patch, ConvOptions.stride(patch), generator));
        }

        /** (B, C, H, W) to (B, L, hidden). */
        Tensor forward(Tensor x) {
            return proj.forward(x).flatten(2, -1).transpose(1, 2);
        }
    }

    private static final class TimestepEmbedder extends Module {
        private static final int FREQUENCIES = 128;

        private final Parameter frequencies;
        private final Sequential mlp;

        TimestepEmbedder(int size, Generator generator) {
            frequencies = registerConstant("frequencies", SinCos.frequencies(FREQUENCIES, 0));
            mlp = registerModule(
                    "mlp",
                    new Sequential(
                            new Linear(2 * FREQUENCIES, size, generator),
                            new SiLU(),
                            new Linear(size, size, generator)));
        }

        Tensor forward(Tensor timestep) {
            return mlp.forward(SinCos.of(timestep, frequencies.get(), true));
        }
    }

    /** What stands for classes and what brings a text to the size of the tokens. */
    private static final class LabelEmbedder extends Module {
        private final Embedding embeddingTable; // null without classes
        private final DiTBlock.Mlp yProj; // null without text

        LabelEmbedder(DiTConfig config, Generator generator) {
            int size = config.hiddenSize();
            embeddingTable = config.numClassEmbeds() == null
                    ? null
                    : registerModule("embedding_table", new Embedding(config.numClassEmbeds(), size, generator));
            yProj = config.crossAttentionDim() == null
                    ? null
                    : registerModule("y_proj", new DiTBlock.Mlp(config.crossAttentionDim(), size, size, generator));
        }

        void initialise(Generator generator) {
            if (embeddingTable != null) {
                Init.normal_(embeddingTable.weight(), 0, 0.02, generator);
            }
            if (yProj != null) {
                yProj.layers().forEach(layer -> Init.normal_(layer.weight(), 0, 0.02, generator));
            }
        }
    }

    private static final class FinalLayer extends Module {
        private final LayerNorm normFinal;
        private final Linear linear;
        private final Sequential adaLnModulation;

        FinalLayer(DiTConfig config, Generator generator) {
            int size = config.hiddenSize();
            int channels = (config.learnSigma() ? 2 : 1) * config.inChannels();
            normFinal = registerModule("norm_final", DiTBlock.plainNorm(size));
            linear = registerModule(
                    "linear", new Linear(size, config.patchSize() * config.patchSize() * channels, generator));
            adaLnModulation = registerModule("adaLN_modulation", DiTBlock.modulation(size, 2, generator));
        }

        Tensor forward(Tensor x, Tensor told) {
            Tensor[] m = adaLnModulation.forward(told).chunk(2, 1);
            return linear.forward(DiTBlock.modulate(normFinal.forward(x), m[0], m[1]));
        }
    }
}
