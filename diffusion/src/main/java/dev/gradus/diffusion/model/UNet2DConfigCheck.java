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
        boolean addAttention) {
    /** Where a run's configuration holds the network's. */
    static final String KEY_PREFIX = "model.";

    private static final int MOST_LEVELS = 16;

    /** Checks what concerns several components at once. */
    void run() {
        int levels = blockOutChannels.size();
        require(
                levels >= 1 && levels <= MOST_LEVELS,
                "blockOutChannels",
                "must have 1 to 16 entries",
                blockOutChannels);
        atLeast("normNumGroups", normNumGroups, 1);
        for (int channels : blockOutChannels) {
            require(channels >= 1, "blockOutChannels", "must be positive numbers", blockOutChannels);
            require(
                    channels % normNumGroups == 0,
                    "blockOutChannels",
                    "must be multiples of normNumGroups (" + normNumGroups + ")",
                    blockOutChannels);
        }
        require(
                blockOutChannels.getFirst() % 2 == 0,
                "blockOutChannels",
                "must begin with an even number, the size of the timestep embedding",
                blockOutChannels);
        types("downBlockTypes", downBlockTypes, "DownBlock2D", "AttnDownBlock2D");
        types("upBlockTypes", upBlockTypes, "UpBlock2D", "AttnUpBlock2D");
        headDim();
    }

    private void types(String name, List<String> types, String plain, String attention) {
        for (String type : types) {
            if (!type.equals(plain) && !type.equals(attention)) {
                throw new ConfigException(
                        KEY_PREFIX + name,
                        "'" + type + "' is not supported, only '" + plain + "' and '" + attention + "'");
            }
        }
        require(
                types.size() == blockOutChannels.size(),
                name,
                "must have as many entries as blockOutChannels (" + blockOutChannels.size() + ")",
                types);
    }

    private void headDim() {
        if (attentionHeadDim == null) {
            return;
        }
        atLeast("attentionHeadDim", attentionHeadDim, 1);
        int levels = blockOutChannels.size();
        for (int level = 0; level < levels; level++) {
            boolean attention = hasAttention(downBlockTypes.get(level))
                    || hasAttention(upBlockTypes.get(levels - 1 - level))
                    || (addAttention && level == levels - 1);
            int channels = blockOutChannels.get(level);
            require(
                    !attention || channels % attentionHeadDim == 0,
                    "attentionHeadDim",
                    "must divide the channels of every level with attention, such as " + channels,
                    attentionHeadDim);
        }
    }

    static boolean hasAttention(String blockType) {
        return blockType.startsWith("Attn");
    }

    static void sampleSize(int sampleSize, int levels) {
        int factor = 1 << (levels - 1);
        atLeast("sampleSize", sampleSize, 1);
        require(
                sampleSize % factor == 0,
                "sampleSize",
                "must be a multiple of " + factor + ", because " + levels + " levels halve it " + (levels - 1)
                        + " times",
                sampleSize);
    }

    static void freqShift(int freqShift, int channels) {
        require(
                freqShift >= 0 && freqShift < channels / 2,
                "freqShift",
                "must be at least 0 and below half the first of blockOutChannels (" + channels / 2 + ")",
                freqShift);
    }

    static void atLeast(String name, int value, int least) {
        require(value >= least, name, "must be at least " + least, value);
    }

    static void require(boolean condition, String name, String rule, Object value) {
        if (!condition) {
            throw new ConfigException(KEY_PREFIX + name, rule + ", is " + value);
        }
    }
}
