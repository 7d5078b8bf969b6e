package dev.gradus.diffusion.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Typed reading of a {@code config.json}. Every failure is a {@link ConfigException} with the key as the file spells it. */
public final class ConfigFields {
    /** The key that tells what kind of thing a file describes. */
    public static final String CLASS_NAME = "_class_name";

    /** The key with the version of diffusers that a file is for. */
    public static final String VERSION = "_diffusers_version";

    /** The version of diffusers whose layout this library writes. */
    public static final String DIFFUSERS = "0.35.1";

    /** Where a configuration holds the components that are spelled otherwise in a file. */
    private static final String MODEL = "model.";

    private static final Pattern CAMEL_CASE_WORD = Pattern.compile("\\b[a-z]+([A-Z][a-z]+)+\\b");
    private static final Pattern HUMP = Pattern.compile("[A-Z]");

    /** What diffusers notes about the file itself, and of averaged weights about the average; no part of the architecture. */
    private static final Set<String> NOTES = Set.of(
            VERSION,
            "_name_or_path",
            "decay",
            "min_decay",
            "optimization_step",
            "update_after_step",
            "use_ema_warmup",
            "inv_gamma",
            "power");

    private final JsonNode json;

    private ConfigFields(JsonNode json) {
        this.json = json;
    }

    public static ConfigFields of(JsonNode json) {
        if (json == null || !json.isObject()) {
            throw new ConfigException("config.json", "must hold one JSON object");
        }
        return new ConfigFields(json);
    }

    /** What makes a record of the fields; its complaints about components become complaints about keys. */
    public static <C> C spelledAsInTheFile(Supplier<C> reading) {
        try {
            return reading.get();
        } catch (ConfigException e) {
            throw new ConfigException(snakeCase(e.key()), snakeCase(e.problem()));
        }
    }

    private static String snakeCase(String text) {
        String unprefixed = text.startsWith(MODEL) ? text.substring(MODEL.length()) : text;
        return CAMEL_CASE_WORD
                .matcher(unprefixed)
                .replaceAll(word -> HUMP.matcher(word.group())
                        .replaceAll(letter -> "_" + letter.group().toLowerCase(Locale.ROOT)));
    }

    /**
     * Refuses keys that are unknown or have a value that is not supported.
     *
     * @param keys those that may have any value
     * @param fixed those for which one value is known
     */
    public void check(String className, Set<String> keys, Map<String, JsonNode> fixed) {
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            String key = entry.getKey();
            JsonNode only = fixed.get(key);
            if (only != null) {
                if (!same(only, entry.getValue())) {
                    throw new ConfigException(key, "only " + only + " is supported, is " + entry.getValue());
                }
            } else if (!keys.contains(key) && !NOTES.contains(key)) {
                throw new ConfigException(key, "is not a key of " + className + Nearest.hint(key, keys));
            }
        }
    }

    private static boolean same(JsonNode a, JsonNode b) {
        return a.isNumber() && b.isNumber() ? a.doubleValue() == b.doubleValue() : a.equals(b);
    }

    public boolean has(String key) {
        return json.has(key);
    }

    /** The value as it stands; null if there is none. */
    public JsonNode raw(String key) {
        return json.get(key);
    }

    public int integer(String key, int absent) {
        return json.has(key) ? integer(key, json.get(key), "a whole number") : absent;
    }

    public static int integer(String key, JsonNode value, String expected) {
        return checked(key, value, ConfigFields::isInt, expected).intValue();
    }

    public Integer integerOrNull(String key, Integer absent) {
        JsonNode value = json.get(key);
        if (value == null) {
            return absent;
        }
        return value.isNull() ? null : (Integer) integer(key, value, "a whole number or null");
    }

    public double number(String key, double absent) {
        JsonNode value = json.get(key);
        return value == null
                ? absent
                : checked(key, value, JsonNode::isNumber, "a number").doubleValue();
    }

    public boolean truth(String key, boolean absent) {
        JsonNode value = json.get(key);
        return value == null
                ? absent
                : checked(key, value, JsonNode::isBoolean, "true or false").booleanValue();
    }

    public List<String> texts(String key, List<String> absent) {
        List<String> result = new ArrayList<>();
        for (JsonNode item : items(key)) {
            result.add(
                    checked(key, item, JsonNode::isTextual, "a list of texts").textValue());
        }
        return json.has(key) ? result : absent;
    }

    public List<Integer> integers(String key, List<Integer> absent) {
        List<Integer> result = new ArrayList<>();
        for (JsonNode item : items(key)) {
            result.add(integer(key, item, "a list of whole numbers"));
        }
        return json.has(key) ? result : absent;
    }

    private Iterable<JsonNode> items(String key) {
        JsonNode value = json.get(key);
        return value == null ? List.of() : checked(key, value, JsonNode::isArray, "a list");
    }

    private static boolean isInt(JsonNode value) {
        return value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToInt();
    }

    private static JsonNode checked(String key, JsonNode value, Predicate<JsonNode> rule, String expected) {
        if (!rule.test(value)) {
            throw new ConfigException(key, "must be " + expected + ", is " + value);
        }
        return value;
    }
}
