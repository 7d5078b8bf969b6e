package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;

/** The architecture of a {@link Network}. */
public sealed interface ModelConfig permits UNet2DConfig {
    /** Height and width of the images the network is meant for. */
    int sampleSize();

    /** Channels of the images. */
    int inChannels();

    /** Channels of what {@link Network#forward} answers. */
    int outChannels();

    /**
     * How many class embeddings there are, the one of {@link #nullClass()} included: labels are from 0 to one less. Null for a
     * network that takes no classes.
     */
    Integer numClassEmbeds();

    /** The label that stands for no class, the last one; null if there is none. */
    Integer nullClass();

    /** Numbers per token of the text; null for a network that takes no text. */
    Integer crossAttentionDim();

    /** The content of the network's {@code config.json}; its {@code _class_name} tells the kind. */
    ObjectNode toJson();

    /**
     * Reads the content of a {@code config.json}. Without a {@code _class_name} it is that of a UNet.
     *
     * @throws ConfigException naming the first key, as spelled in the file, that is at fault
     */
    static ModelConfig fromJson(JsonNode json) {
        return UNet2DConfig.fromJson(json);
    }
}
