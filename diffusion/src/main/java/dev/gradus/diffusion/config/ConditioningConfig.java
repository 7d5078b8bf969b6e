package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.text.TextEncoderConfig;

/**
 * How a network that takes classes or texts is trained. Which of them it takes is said by {@code model.numClassEmbeds} and
 * {@code model.crossAttentionDim}.
 *
 * @param dropout the share of images whose class and text are left out, so that the network learns to do without them and
 *     guidance works (Ho and Salimans, arXiv 2207.12598, algorithm 1; 0.1 to 0.2 there)
 * @param text the encoder that is trained together with a network that takes text
 * @param textScript a TorchScript encoder to use instead, which stays as it is; null for none
 * @param textVocabulary the {@code tokenizer.json} of {@code textScript}
 */
public record ConditioningConfig(double dropout, TextEncoderConfig text, String textScript, String textVocabulary) {
    public ConditioningConfig {
        Check.below("conditioning.dropout", dropout, 0, 1);
        Check.present("conditioning.text", text);
        if (textScript != null && textVocabulary == null) {
            throw new ConfigException(
                    "conditioning.textVocabulary",
                    "must name the tokenizer.json that conditioning.textScript goes with");
        }
    }

    /** Nothing is left out, and a small encoder. */
    public static ConditioningConfig defaults() {
        return new ConditioningConfig(0, TextEncoderConfig.defaults(), null, null);
    }
}
