package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.internal.ConfigFields;
import java.util.LinkedHashMap;
import java.util.Map;

/** The architecture of a {@link Network}. */
public sealed interface ModelConfig permits UNet2DConfig, DiTConfig {
    /** The default of each kind, by the name that configurations give it: {@code unet} and {@code dit}. */
    static Map<String, ModelConfig> kinds() {
        Map<String, ModelConfig> kinds = new LinkedHashMap<>();
        kinds.put("unet", UNet2DConfig.fashion());
        kinds.put("dit", DiTConfig.fashion());
        return kinds;
    }

    /** The name of this one's kind. */
    default String kind() {
        return switch (this) {
            case UNet2DConfig _ -> "unet";
            case DiTConfig _ -> "dit";
        };
    }

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

    /** Whether the last class embedding stands for no class. */
    boolean nullClassEmbed();

    /** The label that stands for no class, {@code numClassEmbeds() - 1}; null if there is none. */
    default Integer nullClass() {
        return nullClassEmbed() ? numClassEmbeds() - 1 : null;
    }

    /** Numbers per token of the text; null for a network that takes no text. */
    Integer crossAttentionDim();

    /** The content of the network's {@code config.json}; its {@code _class_name} tells the kind. */
    ObjectNode toJson();

    /**
     * Reads the content of a {@code config.json}: its {@code _class_name} tells the kind; without one it is that of a UNet.
     *
     * @throws ConfigException naming the first key, as spelled in the file, that is at fault
     */
    static ModelConfig fromJson(JsonNode json) {
        JsonNode name = json == null ? null : json.get(ConfigFields.CLASS_NAME);
        if (name == null || UNet2DConfigJson.isClassName(name.asText())) {
            return UNet2DConfig.fromJson(json);
        }
        if (!name.asText().equals(DiTConfig.CLASS_NAME)) {
            throw new ConfigException(
                    ConfigFields.CLASS_NAME,
                    "must be UNet2DModel, UNet2DConditionModel or " + DiTConfig.CLASS_NAME + ", is " + name);
        }
        return DiTConfig.fromJson(json);
    }
}
