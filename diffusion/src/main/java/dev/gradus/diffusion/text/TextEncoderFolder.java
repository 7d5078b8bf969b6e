package dev.gradus.diffusion.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.torch.Generator;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.nn.StateDictException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A text encoder as a folder: its configuration, its vocabulary and its weights or its TorchScript file. */
final class TextEncoderFolder {
    static final String CONFIG = "config.json";
    static final String VOCABULARY = "tokenizer.json";
    static final String WEIGHTS = "model.safetensors";
    static final String SCRIPT = "model.ts";

    private static final ObjectMapper JSON = new ObjectMapper();

    private TextEncoderFolder() {}

    static void checkLength(TokenBatch tokens, int maxLength) {
        if (tokens.length() > maxLength) {
            throw new IllegalArgumentException("captions may have at most " + maxLength
                    + " tokens, start and end included; these have " + tokens.length());
        }
    }

    static TextEncoder load(Path folder) throws IOException {
        for (String name : new String[] {CONFIG, VOCABULARY}) {
            if (!Files.isRegularFile(folder.resolve(name))) {
                throw new DataException("the folder of a text encoder " + folder + " has no file " + name);
            }
        }
        BytePairVocabulary vocabulary = BytePairVocabulary.load(folder.resolve(VOCABULARY));
        Path file = folder.resolve(CONFIG);
        try {
            JsonNode config = JSON.readTree(file.toFile());
            if (Files.exists(folder.resolve(SCRIPT))) {
                return ScriptTextEncoder.load(folder.resolve(SCRIPT), vocabulary, integer(config, "max_length"));
            }
            return transformer(folder.resolve(WEIGHTS), vocabulary, config);
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new DataException(file + ": " + e.getMessage(), e);
        }
    }

    private static TextEncoder transformer(Path weights, BytePairVocabulary vocabulary, JsonNode json)
            throws IOException {
        JsonNode dropout = json.path("dropout");
        TextEncoderConfig config = new TextEncoderConfig(
                integer(json, "vocabulary_size"),
                integer(json, "max_length"),
                integer(json, "width"),
                integer(json, "layers"),
                integer(json, "heads"),
                dropout.asDouble(Double.NaN));
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(0)) {
            Map<String, Tensor> values = SafeTensors.load(weights);
            TransformerTextEncoder encoder = new TransformerTextEncoder(config, vocabulary, generator);
            try {
                encoder.loadStateDict(values);
            } catch (StateDictException e) {
                encoder.close();
                throw new DataException(weights + " does not fit " + CONFIG + ": " + e.getMessage(), e);
            }
            return encoder;
        }
    }

    private static int integer(JsonNode config, String key) {
        JsonNode value = config.path(key);
        if (!value.isInt()) {
            throw new IllegalArgumentException(key + " must be a whole number, is " + value);
        }
        return value.intValue();
    }

    static void save(Path folder, TextEncoderConfig config, BytePairVocabulary vocabulary, Map<String, Tensor> weights)
            throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("vocabulary_size", config.vocabularySize());
        json.put("max_length", config.maxLength());
        json.put("width", config.width());
        json.put("layers", config.layers());
        json.put("heads", config.heads());
        json.put("dropout", config.dropout());
        common(folder, json, vocabulary);
        SafeTensors.save(folder.resolve(WEIGHTS), weights, Map.of("format", "pt"));
    }

    static void save(Path folder, ScriptModule module, BytePairVocabulary vocabulary, int maxLength)
            throws IOException {
        common(folder, JSON.createObjectNode().put("max_length", maxLength), vocabulary);
        module.save(folder.resolve(SCRIPT));
    }

    private static void common(Path folder, ObjectNode config, BytePairVocabulary vocabulary) throws IOException {
        Files.createDirectories(folder);
        vocabulary.save(folder.resolve(VOCABULARY));
        Files.write(
                folder.resolve(CONFIG), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
    }
}
