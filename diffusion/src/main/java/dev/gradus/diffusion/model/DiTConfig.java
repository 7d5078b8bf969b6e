package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.internal.ConfigFields;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The architecture of a {@link DiT}.
 *
 * @param sampleSize height and width of the images, a multiple of {@code patchSize}; other sizes are refused, because the
 *     position embedding is made for this one
 * @param inChannels channels of the images
 * @param patchSize height and width of the squares that become one token each
 * @param hiddenSize numbers per token, a multiple of 4 and of {@code numHeads}
 * @param depth transformer blocks
 * @param numHeads attention heads
 * @param mlpRatio hidden units of each block's perceptron as a multiple of {@code hiddenSize}
 * @param numClassEmbeds class embeddings of a class-conditional network: the classes, and one more if
 *     {@code nullClassEmbed}; null for a network that takes no classes. The published weights have 1001: ImageNet's and the
 *     null class
 * @param nullClassEmbed whether the last class embedding stands for no class, which training puts in place of dropped labels
 *     and guidance uses
 * @param crossAttentionDim numbers per token of the text in a network with text; null for one without
 * @param learnSigma whether the final layer has a second half of channels, which the published weights use for the variance.
 *     {@link DiT#forward} leaves them out, {@link DiT#forwardWithSigma} answers them too; weights keep them. Training by
 *     {@code forward} leaves their part of the final layer as it is
 */
public record DiTConfig(
        int sampleSize,
        int inChannels,
        int patchSize,
        int hiddenSize,
        int depth,
        int numHeads,
        double mlpRatio,
        Integer numClassEmbeds,
        boolean nullClassEmbed,
        Integer crossAttentionDim,
        boolean learnSigma)
        implements ModelConfig {

    static final String CLASS_NAME = "DiT";

    private static final int MOST_POSITIONS = 1 << 30;

    private static final Set<String> KEYS = Set.of(
            "sample_size",
            "in_channels",
            "patch_size",
            "hidden_size",
            "depth",
            "num_heads",
            "mlp_ratio",
            "num_class_embeds",
            "null_class_embed",
            "cross_attention_dim",
            "learn_sigma");

    /** The sizes of the paper, table 1. */
    public enum Size {
        /** 33 million parameters with patches of 2. */
        S(12, 384, 6),
        /** 130 million. */
        B(12, 768, 12),
        /** 458 million. */
        L(24, 1024, 16),
        /** 675 million. */
        XL(28, 1152, 16);

        private final int depth;
        private final int hiddenSize;
        private final int numHeads;

        Size(int depth, int hiddenSize, int numHeads) {
            this.depth = depth;
            this.hiddenSize = hiddenSize;
            this.numHeads = numHeads;
        }

        int hiddenSize() {
            return hiddenSize;
        }
    }

    /** @throws ConfigException naming the first component that is out of range or contradicts another one */
    public DiTConfig {
        ConfigCheck.inRange("sampleSize", sampleSize, 1, 1 << 14);
        ConfigCheck.inRange("inChannels", inChannels, 1, 1 << 10);
        ConfigCheck.inRange("patchSize", patchSize, 1, 1 << 6);
        ConfigCheck.require(
                sampleSize % patchSize == 0,
                "sampleSize",
                "must be a multiple of patchSize (" + patchSize + ")",
                sampleSize);
        ConfigCheck.inRange("hiddenSize", hiddenSize, 4, 1 << 15);
        ConfigCheck.require(
                hiddenSize % 4 == 0,
                "hiddenSize",
                "must be a multiple of 4, for the sines and cosines of two positions",
                hiddenSize);
        long tokens = (long) (sampleSize / patchSize) * (sampleSize / patchSize);
        ConfigCheck.require(
                tokens * hiddenSize <= MOST_POSITIONS,
                "sampleSize",
                "must give at most " + MOST_POSITIONS + " numbers for the positions of " + tokens + " tokens",
                sampleSize);
        ConfigCheck.inRange("depth", depth, 1, 1 << 10);
        ConfigCheck.atLeast("numHeads", numHeads, 1);
        ConfigCheck.require(
                hiddenSize % numHeads == 0, "numHeads", "must divide hiddenSize (" + hiddenSize + ")", numHeads);
        ConfigCheck.require(
                mlpRatio * hiddenSize >= 1 && mlpRatio <= 64,
                "mlpRatio",
                "must give at least 1 hidden unit and be at most 64",
                mlpRatio);
        ConfigCheck.conditioning(numClassEmbeds, nullClassEmbed, crossAttentionDim);
    }

    /** DiT-S/4 without conditioning for images of 32 x 32 in colour. */
    public static DiTConfig defaults() {
        return new DiTConfig(32, 3, 4, Size.S.hiddenSize, Size.S.depth, Size.S.numHeads, 4, null, false, null, false);
    }

    /** A small network for grey images of 28 x 28: 1.4 million parameters, 196 tokens. */
    public static DiTConfig fashion() {
        return defaults().with(c -> {
            c.sampleSize = 28;
            c.inChannels = 1;
            c.patchSize = 2;
            c.hiddenSize = 96;
            c.depth = 8;
            c.numHeads = 4;
        });
    }

    /** A size of the paper, otherwise as this one. */
    public DiTConfig size(Size size) {
        return with(c -> {
            c.depth = size.depth;
            c.hiddenSize = size.hiddenSize;
            c.numHeads = size.numHeads;
        });
    }

    /** The hidden units of each block's perceptron. */
    int mlpSize() {
        return (int) (hiddenSize * mlpRatio);
    }

    /** The tokens along each side of the image. */
    int gridSize() {
        return sampleSize / patchSize;
    }

    @Override
    public int outChannels() {
        return inChannels;
    }

    /** A copy with some components changed; see {@link UNet2DConfig#with}. */
    public DiTConfig with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.build();
    }

    @Override
    public ObjectNode toJson() {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.put(ConfigFields.CLASS_NAME, CLASS_NAME);
        out.put("sample_size", sampleSize);
        out.put("in_channels", inChannels);
        out.put("patch_size", patchSize);
        out.put("hidden_size", hiddenSize);
        out.put("depth", depth);
        out.put("num_heads", numHeads);
        out.put("mlp_ratio", mlpRatio);
        out.put("num_class_embeds", numClassEmbeds);
        out.put("null_class_embed", nullClassEmbed);
        out.put("cross_attention_dim", crossAttentionDim);
        out.put("learn_sigma", learnSigma);
        return out;
    }

    /**
     * Reads what {@link #toJson()} writes. Keys that are absent have the values of {@link #defaults()}.
     *
     * @throws ConfigException naming the first key at fault, as spelled in the file
     */
    public static DiTConfig fromJson(JsonNode json) {
        ConfigFields fields = ConfigFields.of(json);
        fields.check(CLASS_NAME, KEYS, Map.of(ConfigFields.CLASS_NAME, JsonNodeFactory.instance.textNode(CLASS_NAME)));
        return ConfigFields.spelledAsInTheFile(() -> defaults().with(c -> {
            c.sampleSize = fields.integer("sample_size", c.sampleSize);
            c.inChannels = fields.integer("in_channels", c.inChannels);
            c.patchSize = fields.integer("patch_size", c.patchSize);
            c.hiddenSize = fields.integer("hidden_size", c.hiddenSize);
            c.depth = fields.integer("depth", c.depth);
            c.numHeads = fields.integer("num_heads", c.numHeads);
            c.mlpRatio = fields.number("mlp_ratio", c.mlpRatio);
            c.numClassEmbeds = fields.integerOrNull("num_class_embeds", c.numClassEmbeds);
            c.nullClassEmbed = fields.truth("null_class_embed", c.nullClassEmbed);
            c.crossAttentionDim = fields.integerOrNull("cross_attention_dim", c.crossAttentionDim);
            c.learnSigma = fields.truth("learn_sigma", c.learnSigma);
        }));
    }

    /** The components while they are being changed; see {@link DiTConfig} for their meaning. */
    public static final class Draft {
        public int sampleSize;
        public int inChannels;
        public int patchSize;
        public int hiddenSize;
        public int depth;
        public int numHeads;
        public double mlpRatio;
        public Integer numClassEmbeds;
        public boolean nullClassEmbed;
        public Integer crossAttentionDim;
        public boolean learnSigma;

        private Draft(DiTConfig config) {
            sampleSize = config.sampleSize;
            inChannels = config.inChannels;
            patchSize = config.patchSize;
            hiddenSize = config.hiddenSize;
            depth = config.depth;
            numHeads = config.numHeads;
            mlpRatio = config.mlpRatio;
            numClassEmbeds = config.numClassEmbeds;
            nullClassEmbed = config.nullClassEmbed;
            crossAttentionDim = config.crossAttentionDim;
            learnSigma = config.learnSigma;
        }

        private DiTConfig build() {
            return new DiTConfig(
                    sampleSize,
                    inChannels,
                    patchSize,
                    hiddenSize,
                    depth,
                    numHeads,
                    mlpRatio,
                    numClassEmbeds,
                    nullClassEmbed,
                    crossAttentionDim,
                    learnSigma);
        }
    }
}
