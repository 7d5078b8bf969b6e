package dev.gradus.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * What the user wants drawn, besides what the configuration says.
 *
 * @param noise the file with the tensor {@code noise} to start from; null to draw it
 * @param classes names or numbers, in turn; empty for all classes in turn
 * @param interpolate the two seeds between whose noise to go; empty not to
 * @param prompts texts to draw, in turn; empty for none
 * @param negativePrompt the text to keep away from; null for none
 * @param strip whether the picture shows the denoising
 */
record Wish(
        Path noise,
        List<String> classes,
        List<Long> interpolate,
        List<String> prompts,
        String negativePrompt,
        boolean strip) {}
