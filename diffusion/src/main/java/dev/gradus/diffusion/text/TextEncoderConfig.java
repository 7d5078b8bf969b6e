package dev.gradus.diffusion.text;

import dev.gradus.diffusion.ConfigException;

/**
 * The architecture of a {@link TransformerTextEncoder}.
 *
 * @param vocabularySize how many tokens the vocabulary is to have at most; see {@link BytePairVocabulary#train}
 * @param maxLength tokens of a caption, start and end included; longer captions are cut
 * @param width numbers per token, a multiple of {@code heads}
 * @param layers transformer layers
 * @param heads attention heads
 * @param dropout in training, in [0, 1)
 */
public record TextEncoderConfig(int vocabularySize, int maxLength, int width, int layers, int heads, double dropout) {
    private static final String PREFIX = "conditioning.text.";
    private static final int LARGEST = 1 << 20;

    /** @throws ConfigException naming the first component that is out of range */
    public TextEncoderConfig {
        inRange("vocabularySize", vocabularySize, 259, LARGEST);
        inRange("maxLength", maxLength, 3, 1 << 14);
        inRange("width", width, 1, 1 << 14);
        inRange("layers", layers, 1, 256);
        inRange("heads", heads, 1, width);
        if (width % heads != 0) {
            throw new ConfigException(PREFIX + "heads", "must divide width (" + width + "), is " + heads);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new ConfigException(PREFIX + "dropout", "must be at least 0 and below 1, is " + dropout);
        }
    }

    private static void inRange(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ConfigException(PREFIX + name, "must be from " + least + " to " + most + ", is " + value);
        }
    }

    /** For short captions: 1024 tokens, 24 per caption, 2 layers of width 96. */
    public static TextEncoderConfig defaults() {
        return new TextEncoderConfig(1024, 24, 96, 2, 4, 0);
    }
}
