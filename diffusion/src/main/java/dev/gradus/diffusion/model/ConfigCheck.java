package dev.gradus.diffusion.model;

import dev.gradus.diffusion.ConfigException;

/** Rules for the components of a {@link ModelConfig}. Every failure names the component, the rule and the value. */
final class ConfigCheck {
    /** Where a run's configuration holds the network's. */
    static final String KEY_PREFIX = "model.";

    private ConfigCheck() {}

    static <T> T present(String name, T value) {
        if (value == null) {
            throw new ConfigException(KEY_PREFIX + name, "must be set");
        }
        return value;
    }

    static void atLeast(String name, int value, int least) {
        require(value >= least, name, "must be at least " + least, value);
    }

    static void inRange(String name, int value, int least, int most) {
        require(value >= least && value <= most, name, "must be from " + least + " to " + most, value);
    }

    static void require(boolean condition, String name, String rule, Object value) {
        if (!condition) {
            throw new ConfigException(KEY_PREFIX + name, rule + ", is " + value);
        }
    }

    /** What concerns all kinds of networks. */
    static void conditioning(Integer numClassEmbeds, boolean nullClassEmbed, Integer crossAttentionDim) {
        if (numClassEmbeds != null) {
            atLeast("numClassEmbeds", numClassEmbeds, 1);
        }
        require(
                !nullClassEmbed || (numClassEmbeds != null && numClassEmbeds >= 2),
                "nullClassEmbed",
                "needs numClassEmbeds of at least 2, the last of them for no class",
                nullClassEmbed);
        if (crossAttentionDim != null) {
            atLeast("crossAttentionDim", crossAttentionDim, 1);
        }
    }
}
