package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * The architecture of a {@link UNet2D}. The names are those of diffusers' {@code UNet2DModel}, in camel case here and in
 * snake case in {@code config.json}. A network has one level per entry of {@code blockOutChannels}; every level but the
 * last halves height and width on the way down.
 *
 * @param sampleSize height and width of the images the network is meant for; they must be halved evenly by all levels but
 *     the last
 * @param inChannels channels of the input
 * @param outChannels channels of the output
 * @param centerInputSample whether the input is in [0, 1] and mapped to [-1, 1] first
 * @param freqShift subtracted from the number of frequencies of the timestep embedding in the exponent's denominator: 0,
 *     or 1 so that the last frequency is exactly 1/10000
 * @param flipSinToCos whether the timestep embedding has its cosines first
 * @param downBlockTypes per level, from the highest resolution: {@code DownBlock2D} or {@code AttnDownBlock2D}; in a network
 *     with text {@code CrossAttnDownBlock2D} instead of the latter
 * @param upBlockTypes per level, from the lowest resolution: {@code UpBlock2D} or {@code AttnUpBlock2D}; in a network with
 *     text {@code CrossAttnUpBlock2D} instead of the latter
 * @param blockOutChannels channels per level, from the highest resolution; multiples of {@code normNumGroups}, the first
 *     one even
 * @param layersPerBlock residual blocks per level on the way down; one more on the way up
 * @param downsamplePadding 1: zeros on all sides before each halving; 0: only right and below
 * @param dropout probability in every residual block, in [0, 1)
 * @param attentionHeadDim channels per attention head, a divisor of the channels of every level with attention; null for
 *     a single head, and in a network with text
 * @param normNumGroups groups of each group norm
 * @param normEps added to the variance in each group norm
 * @param resnetTimeScaleShift how the timestep embedding enters a residual block
 * @param addAttention whether the middle block has attention; in a network with text it has
 * @param numClassEmbeds class embeddings of a class-conditional network, as in diffusers: the classes, and one more if
 *     {@code nullClassEmbed}; null for a network that takes no classes
 * @param nullClassEmbed whether the last class embedding stands for no class, which training puts in place of dropped labels
 *     and guidance uses. diffusers has no key for it and passes over {@code null_class_embed}
 * @param crossAttentionDim numbers per token of the text in a network with text; null for one without. The text is attended
 *     to in every block of a {@code CrossAttn} type and in the middle
 * @param numAttentionHeads heads of each attention in a network with text, a divisor of the channels of every level with
 *     attention; not used without text. In diffusers' file it is, by an old mistake there, {@code attention_head_dim}
 */
public record UNet2DConfig(
        int sampleSize,
        int inChannels,
        int outChannels,
        boolean centerInputSample,
        int freqShift,
        boolean flipSinToCos,
        List<String> downBlockTypes,
        List<String> upBlockTypes,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int downsamplePadding,
        double dropout,
        Integer attentionHeadDim,
        int normNumGroups,
        double normEps,
        TimeScaleShift resnetTimeScaleShift,
        boolean addAttention,
        Integer numClassEmbeds,
        boolean nullClassEmbed,
        Integer crossAttentionDim,
        int numAttentionHeads)
        implements ModelConfig {

    /** How the timestep embedding enters a residual block. */
    public enum TimeScaleShift {
        /** Added before the second norm. */
        DEFAULT,
        /** Scales and shifts the result of the second norm. Attention in the middle block then has no norm of its own. */
        SCALE_SHIFT
    }

    /** @throws ConfigException naming the first component that is out of range or contradicts another one */
    public UNet2DConfig {
        downBlockTypes = List.copyOf(ConfigCheck.present("downBlockTypes", downBlockTypes));
        upBlockTypes = List.copyOf(ConfigCheck.present("upBlockTypes", upBlockTypes));
        blockOutChannels = List.copyOf(ConfigCheck.present("blockOutChannels", blockOutChannels));
        ConfigCheck.present("resnetTimeScaleShift", resnetTimeScaleShift);
        new UNet2DConfigCheck(
                        downBlockTypes,
                        upBlockTypes,
                        blockOutChannels,
                        attentionHeadDim,
                        normNumGroups,
                        addAttention,
                        crossAttentionDim != null,
                        numAttentionHeads)
                .run();
        UNet2DConfigCheck.sampleSize(sampleSize, blockOutChannels.size());
        ConfigCheck.atLeast("inChannels", inChannels, 1);
        ConfigCheck.atLeast("outChannels", outChannels, 1);
        UNet2DConfigCheck.freqShift(freqShift, blockOutChannels.getFirst());
        ConfigCheck.atLeast("layersPerBlock", layersPerBlock, 1);
        ConfigCheck.require(
                downsamplePadding == 0 || downsamplePadding == 1,
                "downsamplePadding",
                "must be 0 or 1",
                downsamplePadding);
        ConfigCheck.require(dropout >= 0 && dropout < 1, "dropout", "must be at least 0 and below 1", dropout);
        ConfigCheck.require(
                normEps > 0 && normEps < Double.POSITIVE_INFINITY,
                "normEps",
                "must be greater than 0 and finite",
                normEps);
        ConfigCheck.conditioning(numClassEmbeds, nullClassEmbed, crossAttentionDim);
    }

    /** The defaults of diffusers' {@code UNet2DModel}, for images of 32 x 32. */
    public static UNet2DConfig defaults() {
        return new UNet2DConfig(
                32,
                3,
                3,
                false,
                0,
                true,
                List.of("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
                List.of("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
                List.of(224, 448, 672, 896),
                2,
                1,
                0.0,
                8,
                32,
                1e-5,
                TimeScaleShift.DEFAULT,
                true,
                null,
                false,
                null,
                8);
    }

    /** The defaults of diffusers' {@code UNet2DConditionModel}, for 4 channels of 64 x 64. */
    static UNet2DConfig textDefaults() {
        return defaults().with(c -> {
            c.sampleSize = 64;
            c.inChannels = 4;
            c.outChannels = 4;
            c.downBlockTypes =
                    List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D");
            c.blockOutChannels = List.of(320, 640, 1280, 1280);
            c.attentionHeadDim = null;
            c.crossAttentionDim = 1280;
        });
    }

    /** A small network for grey images of 28 x 28: 1.54 million parameters. */
    public static UNet2DConfig fashion() {
        return defaults().with(c -> {
            c.sampleSize = 28;
            c.inChannels = 1;
            c.outChannels = 1;
            c.blockOutChannels = List.of(32, 64, 64);
            c.normNumGroups = 8;
            c.attentionHeadDim = null;
            c.downBlockTypes = Collections.nCopies(3, "DownBlock2D");
            c.upBlockTypes = Collections.nCopies(3, "UpBlock2D");
        });
    }

    /** A small network with text for colour images of 32 x 32: 2.8 million parameters, attention at 16 x 16 and 8 x 8. */
    public static UNet2DConfig emoji() {
        return defaults().with(c -> {
            c.blockOutChannels = List.of(32, 64, 96);
            c.layersPerBlock = 1;
            c.normNumGroups = 8;
            c.attentionHeadDim = null;
            c.downBlockTypes = List.of("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D");
            c.upBlockTypes = List.of("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D");
            c.crossAttentionDim = 96;
            c.numAttentionHeads = 4;
        });
    }

    /** The layout of {@code google/ddpm-cifar10-32}, for colour images of 32 x 32: 35.7 million parameters. */
    public static UNet2DConfig cifar10() {
        return defaults().with(c -> {
            c.blockOutChannels = List.of(128, 256, 256, 256);
            c.downsamplePadding = 0;
            c.flipSinToCos = false;
            c.freqShift = 1;
            c.attentionHeadDim = null;
            c.normEps = 1e-6;
            c.downBlockTypes = List.of("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D");
        });
    }

    /**
     * A copy with some components changed:
     *
     * <pre>{@code
     * UNet2DConfig.fashion().with(c -> c.numClassEmbeds = 10)
     * }</pre>
     *
     * @throws ConfigException if the result is not valid
     */
    public UNet2DConfig with(Consumer<UNet2DConfigDraft> change) {
        UNet2DConfigDraft draft = new UNet2DConfigDraft(this);
        change.accept(draft);
        return draft.build();
    }

    /** The content of a {@code config.json} that diffusers reads. */
    @Override
    public ObjectNode toJson() {
        return UNet2DConfigJson.write(this);
    }

    /**
     * Reads the content of a {@code config.json} in diffusers' layout. Keys that are absent have the values of
     * {@link #defaults()}. Keys of diffusers for which this implementation knows one value are accepted with that value.
     *
     * @throws ConfigException naming the first key, as spelled in the file, that is unknown, of the wrong type, not
     *     supported, out of range or in contradiction with another one
     */
    public static UNet2DConfig fromJson(JsonNode json) {
        return UNet2DConfigJson.read(json);
    }
}
