package dev.gradus.diffusion.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.model.ModelConfig;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Configurations as JSON trees, with the keys and spellings of the YAML file. JSON is YAML too. */
public final class ConfigJson {
    private static final String KIND = "kind";

    private ConfigJson() {}

    /** The tree of a configuration. Absent values are null. */
    public static ObjectNode of(TrainConfig config) {
        return record(config);
    }

    /**
     * A tree as an older version wrote it, with the keys that have come since; they have the values of {@link
     * TrainConfig#defaults} (those of the model are of its kind), with which training is as it was before them.
     */
    public static ObjectNode complete(JsonNode saved) {
        ObjectNode complete = of(TrainConfig.defaults());
        ModelConfig model =
                ModelConfig.kinds().get(saved.path("model").path(KIND).asText());
        if (model != null) {
            complete.set("model", record((Record) model));
        }
        merge(saved, complete);
        return complete;
    }

    private static void merge(JsonNode from, ObjectNode into) {
        for (Map.Entry<String, JsonNode> field : from.properties()) {
            if (field.getValue().isObject() && into.get(field.getKey()) instanceof ObjectNode section) {
                merge(field.getValue(), section);
            } else {
                into.set(field.getKey(), field.getValue());
            }
        }
    }

    private static ObjectNode record(Record config) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        if (config instanceof ModelConfig model) {
            node.put(KIND, model.kind());
        }
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            try {
                node.set(component.getName(), value(component.getAccessor().invoke(config)));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError("accessors of configuration records are public and throw nothing", e);
            }
        }
        return node;
    }

    private static JsonNode value(Object value) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (value) {
            case null -> json.nullNode();
            case Record config -> record(config);
            case Enum<?> constant -> json.textNode(ConfigNames.of(constant));
            case Iterable<?> list -> {
                ArrayNode array = json.arrayNode();
                list.forEach(element -> array.add(value(element)));
                yield array;
            }
            case Boolean flag -> json.booleanNode(flag);
            case Integer number -> json.numberNode(number);
            case Long number -> json.numberNode(number);
            case Double number -> json.numberNode(number);
            default -> json.textNode(value.toString());
        };
    }

    /**
     * The first difference between two trees, as {@code KEY is A there and B here}.
     *
     * @param ignored dotted keys that may differ
     */
    public static Optional<String> difference(JsonNode there, JsonNode here, Set<String> ignored) {
        return difference("", there, here, ignored);
    }

    private static Optional<String> difference(String key, JsonNode there, JsonNode here, Set<String> ignored) {
        if (ignored.contains(key)) {
            return Optional.empty();
        }
        if (there.isObject() && here.isObject()) {
            for (Map.Entry<String, JsonNode> field : here.properties()) {
                String inner = key.isEmpty() ? field.getKey() : key + "." + field.getKey();
                Optional<String> found = difference(inner, there.path(field.getKey()), field.getValue(), ignored);
                if (found.isPresent()) {
                    return found;
                }
            }
            return Optional.empty();
        }
        // As text: a number read from a file may have another type than the same number here.
        return there.toString().equals(here.toString())
                ? Optional.empty()
                : Optional.of(key + " is " + there + " there and " + here + " here");
    }
}
