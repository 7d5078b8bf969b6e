package dev.gradus.diffusion.model;

import dev.gradus.diffusion.ConfigException;
import java.util.List;

/** The checks of {@link UNet2DConfig}. Every failure names the component, the rule and the value. */
record UNet2DConfigCheck(
        List<String> downBlockTypes,
        List<String> upBlockTypes,
        List<Integer> blockOutChannels,
        Integer attentionHeadDim,
        int normNumGroups,
        boolean addAttention,
        boolean text,
        int numAttentionHeads) {
    private static final int MOST_LEVELS = 16;

    /** Checks what concerns several components at once. */
    void run() {
        int levels = blockOutChannels.size();
        ConfigCheck.require(
                levels >= 1 && levels <= MOST_LEVELS,
                "blockOutChannels",
                "must have 1 to 16 entries",
                blockOutChannels);
        ConfigCheck.atLeast("normNumGroups", normNumGroups, 1);
        for (int channels : blockOutChannels) {
            ConfigCheck.require(channels >= 1, "blockOutChannels", "must be positive numbers", blockOutChannels);
            ConfigCheck.require(
                    channels % normNumGroups == 0,
                    "blockOutChannels",
                    "must be multiples of normNumGroups (" + normNumGroups + ")",
                    blockOutChannels);
        }
        ConfigCheck.require(
                blockOutChannels.getFirst() % 2 == 0,
                "blockOutChannels",
                "must begin with an even number, the size of the timestep embedding",
                blockOutChannels);
        String attention = text ? "CrossAttn" : "Attn";
        types("downBlockTypes", downBlockTypes, "DownBlock2D", attention + "DownBlock2D");
        types("upBlockTypes", upBlockTypes, "UpBlock2D", attention + "UpBlock2D");
        ConfigCheck.atLeast("numAttentionHeads", numAttentionHeads, 1);
        if (text) {
            ConfigCheck.require(
                    attentionHeadDim == null,
                    "attentionHeadDim",
                    "must be null in a network with text, where numAttentionHeads counts",
                    attentionHeadDim);
            ConfigCheck.require(addAttention, "addAttention", "must be true in a network with text", false);
            dividesChannels("numAttentionHeads", numAttentionHeads);
        } else if (attentionHeadDim != null) {
            ConfigCheck.atLeast("attentionHeadDim", attentionHeadDim, 1);
            dividesChannels("attentionHeadDim", attentionHeadDim);
        }
    }

    private void types(String name, List<String> types, String plain, String attention) {
        for (String type : types) {
            if (!type.equals(plain) && !type.equals(attention)) {
                throw new ConfigException(
                        ConfigCheck.KEY_PREFIX + name,
                        "'" + type + "' is not supported, only '" + plain + "' and '" + attention + "'");
            }
        }
        ConfigCheck.require(
                types.size() == blockOutChannels.size(),
                name,
                "must have as many entries as blockOutChannels (" + blockOutChannels.size() + ")",
                types);
    }

    private void dividesChannels(String name, int divisor) {
        int levels = blockOutChannels.size();
        for (int level = 0; level < levels; level++) {
            boolean attention = hasAttention(downBlockTypes.get(level))
                    || hasAttention(upBlockTypes.get(levels - 1 - level))
                    || (addAttention && level == levels - 1);
            int channels = blockOutChannels.get(level);
            ConfigCheck.require(
                    !attention || channels % divisor == 0,
                    name,
                    "must divide the channels of every level with attention, such as " + channels,
                    divisor);
        }
    }

    static boolean hasAttention(String blockType) {
        return blockType.contains("Attn");
    }

    static void sampleSize(int sampleSize, int levels) {
        int factor = 1 << (levels - 1);
        ConfigCheck.atLeast("sampleSize", sampleSize, 1);
        ConfigCheck.require(
                sampleSize % factor == 0,
                "sampleSize",
                "must be a multiple of " + factor + ", because " + levels + " levels halve it " + (levels - 1)
                        + " times",
                sampleSize);
    }

    static void freqShift(int freqShift, int channels) {
        ConfigCheck.require(
                freqShift >= 0 && freqShift < channels / 2,
                "freqShift",
                "must be at least 0 and below half the first of blockOutChannels (" + channels / 2 + ")",
                freqShift);
    }
}
