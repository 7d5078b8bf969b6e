package dev.gradus.diffusion.internal;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.model.ModelFolderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** The JSON files of a model folder. */
public final class JsonFiles {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonFiles() {}

    /**
     * Reads a file.
     *
     * @throws ModelFolderException if it is not JSON, naming the file and the line
     */
    public static JsonNode read(Path file) throws IOException {
        try {
            return JSON.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new ModelFolderException(
                    file + ", line " + e.getLocation().getLineNr() + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Reads a file and makes something of it.
     *
     * @throws ConfigException as {@code reading} throws it, with the name of the file
     */
    public static <C> C read(Path file, Function<JsonNode, C> reading) throws IOException {
        JsonNode json = read(file);
        try {
            return reading.apply(json);
        } catch (ConfigException e) {
            throw new ConfigException(e.key(), e.problem() + " (in " + file + ")");
        }
    }

    /** Writes a file, indented. */
    public static void write(Path file, JsonNode json) throws IOException {
        Files.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
