/**
 * The configuration of a training run: immutable records, validated on construction.
 *
 * <p>The name of a record component is the key in YAML (camelCase), a nested record is a nested mapping, and an enum
 * constant is written in lower case with {@code -} for {@code _} ({@code EASY_TO_HARD} is {@code easy-to-hard}); see
 * {@link dev.gradus.diffusion.config.ConfigNames}.
 */
package dev.gradus.diffusion.config;
