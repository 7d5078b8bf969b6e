package dev.gradus.diffusion.config;

import java.util.Locale;

/** How enum constants are spelled in configuration files, and the other way round. */
public final class ConfigNames {
    private ConfigNames() {}

    /** The spelling of a constant in configuration files: {@code EASY_TO_HARD} is {@code easy-to-hard}. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
