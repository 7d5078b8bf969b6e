package dev.gradus.cli.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes the JSON Schema of training configurations: keys, types and defaults from the records, descriptions from their Javadoc.
 * What records check beyond types, such as ranges, is not in it.
 */
public final class JsonSchema {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final JavadocParams javadoc;

    public JsonSchema(JavadocParams javadoc) {
        this.javadoc = javadoc;
    }

    public ObjectNode of(TrainConfig defaults) {
        ObjectNode schema = JSON.objectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Training configuration of Gradus");
        ObjectNode body = section(defaults, ConfigJson.of(defaults));
        ObjectNode version = JSON.objectNode();
        version.put("description", "the version of the keys in this file")
                .put("type", "integer")
                .put("minimum", 1)
                .put("maximum", ConfigVersion.CURRENT);
        ObjectNode properties = JSON.objectNode();
        properties.set(ConfigVersion.KEY, version);
        properties.setAll((ObjectNode) body.get("properties"));
        body.set("properties", properties);
        return schema.setAll(body);
    }

    /** A record; empty in YAML means its defaults. */
    private ObjectNode section(Record record, ObjectNode defaults) {
        ObjectNode schema = JSON.objectNode();
        schema.putArray("type").add("object").add("null");
        schema.put("additionalProperties", false);
        ObjectNode properties = schema.putObject("properties");
        Map<String, String> descriptions = javadoc.of(record.getClass());
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            ObjectNode property = property(component, record, defaults);
            Optional.ofNullable(descriptions.get(component.getName()))
                    .ifPresent(text -> property.put("description", text));
            properties.set(component.getName(), property);
        }
        return schema;
    }

    private ObjectNode property(RecordComponent component, Record owner, ObjectNode defaults) {
        if (Kinds.has(component.getType())) {
            return kinds(component.getType(), (Record) value(component, owner));
        }
        if (value(component, owner) instanceof Record inner) {
            return section(inner, (ObjectNode) defaults.get(component.getName()));
        }
        ObjectNode schema = type(component.getGenericType());
        if (!component.getType().isPrimitive()) {
            nullable(schema);
        }
        schema.set("default", defaults.get(component.getName()));
        return schema;
    }

    /** One of several records: the kind that is named, else the default one. */
    private ObjectNode kinds(Class<?> type, Record defaultKind) {
        ObjectNode schema = JSON.objectNode();
        ArrayNode all = schema.putArray("anyOf");
        String usual = Kinds.of(defaultKind);
        Kinds.all(type).forEach((name, record) -> {
            boolean isUsual = name.equals(usual);
            ObjectNode section = section(
                    record,
                    ConfigJson.of(TrainConfig.defaults().with("model", record)).withObject("/model"));
            ObjectNode kind = JSON.objectNode();
            kind.put("const", name);
            ObjectNode properties = JSON.objectNode();
            properties.set(Kinds.KEY, kind);
            properties.setAll((ObjectNode) section.get("properties"));
            section.set("properties", properties);
            if (!isUsual) {
                section.putArray("required").add(Kinds.KEY);
            }
            all.add(section);
        });
        return schema;
    }

    private static ObjectNode type(Type type) {
        ObjectNode schema = JSON.objectNode();
        if (type instanceof ParameterizedType list) {
            schema.put("type", "array");
            schema.set("items", type(list.getActualTypeArguments()[0]));
            return schema;
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isEnum()) {
            schema.put("type", "string");
            ArrayNode words = schema.putArray("enum");
            Stream.of(plain.getEnumConstants())
                    .map(c -> Convert.word((Enum<?>) c))
                    .forEach(words::add);
            return schema;
        }
        String name = switch (plain.getSimpleName()) {
            case "int", "Integer", "long", "Long" -> "integer";
            case "double", "Double", "float", "Float" -> "number";
            case "boolean", "Boolean" -> "boolean";
            case "String", "Path" -> "string";
            default -> throw new AssertionError("the schema knows no " + plain);
        };
        return schema.put("type", name);
    }

    private static void nullable(ObjectNode schema) {
        String type = schema.get("type").asText();
        schema.putArray("type").add(type).add("null");
        if (schema.has("enum")) {
            ((ArrayNode) schema.get("enum")).addNull();
        }
    }

    private static Object value(RecordComponent component, Record owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
