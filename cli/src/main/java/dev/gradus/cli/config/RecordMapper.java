package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import dev.gradus.diffusion.Nearest;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Builds a tree of records from settings. The records are the only place that says which keys there are: the
 * component {@code lr} of the record that is the component {@code optimizer} is the key {@code optimizer.lr}.
 * Their constructors check the values.
 */
public final class RecordMapper {
    private RecordMapper() {}

    /**
     * A copy of {@code defaults} with {@code settings} put in.
     *
     * @throws UsageException for an unknown key, naming the nearest one, and for a value that its key does not
     *     take; the message begins with the setting's origin
     */
    public static <R extends Record> R apply(R defaults, Settings settings) {
        Map<String, RecordComponent> leaves = leaves(defaults);
        Map<String, Setting> given = new LinkedHashMap<>();
        for (Setting setting : settings.all()) {
            if (leaves.containsKey(setting.key())) {
                given.put(setting.key(), setting);
            } else if (!isEmptySection(setting, leaves)) {
                throw unknown(setting, leaves);
            }
        }
        return build(defaults, "", given);
    }

    /** All keys and their values, in the order of the records. */
    public static Map<String, Object> flatten(Record config) {
        Map<String, Object> flat = new LinkedHashMap<>();
        walk(config, "", (key, component, value) -> flat.put(key, value));
        return flat;
    }

    private static Map<String, RecordComponent> leaves(Record defaults) {
        Map<String, RecordComponent> leaves = new LinkedHashMap<>();
        walk(defaults, "", (key, component, value) -> leaves.put(key, component));
        return leaves;
    }

    private interface Visitor {
        void leaf(String key, RecordComponent component, Object value);
    }

    private static void walk(Record config, String prefix, Visitor visitor) {
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            String key = prefix + component.getName();
            Object value = get(component, config);
            if (component.getType().isRecord()) {
                walk((Record) value, key + ".", visitor);
            } else {
                visitor.leaf(key, component, value);
            }
        }
    }

    private static <R extends Record> R build(R defaults, String prefix, Map<String, Setting> given) {
        RecordComponent[] components = defaults.getClass().getRecordComponents();
        Object[] arguments = new Object[components.length];
        List<Setting> used = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            String key = prefix + components[i].getName();
            Object value = get(components[i], defaults);
            Setting setting = given.get(key);
            if (components[i].getType().isRecord()) {
                arguments[i] = build((Record) value, key + ".", given);
            } else if (setting == null) {
                arguments[i] = value;
            } else {
                arguments[i] = Convert.to(components[i].getGenericType(), setting);
                used.add(setting);
            }
        }
        @SuppressWarnings("unchecked")
        Class<R> type = (Class<R>) defaults.getClass();
        return construct(type, components, arguments, given);
    }

    private static <R> R construct(
            Class<R> type, RecordComponent[] components, Object[] arguments, Map<String, Setting> given) {
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw refused(cause, given);
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The record's own message, which begins with the key at fault, after the origin of that setting. */
    private static RuntimeException refused(RuntimeException cause, Map<String, Setting> given) {
        String message = String.valueOf(cause.getMessage());
        String origin = given.values().stream()
                .filter(s -> message.startsWith(s.key() + ":"))
                .findFirst()
                .map(s -> s.origin() + ": ")
                .orElse("");
        return new UsageException(origin + message, cause);
    }

    private static boolean isEmptySection(Setting setting, Map<String, RecordComponent> leaves) {
        return setting.value() instanceof Value.Scalar scalar && scalar.isNull() && isSection(setting.key(), leaves);
    }

    private static boolean isSection(String key, Map<String, RecordComponent> leaves) {
        return leaves.keySet().stream().anyMatch(k -> k.startsWith(key + "."));
    }

    private static UsageException unknown(Setting setting, Map<String, RecordComponent> leaves) {
        String key = setting.key();
        if (isSection(key, leaves)) {
            String example = leaves.keySet().stream()
                    .filter(k -> k.startsWith(key + "."))
                    .findFirst()
                    .orElseThrow();
            return new UsageException(
                    setting.origin() + ": '" + key + "' holds further keys, such as '" + example + "'");
        }
        return new UsageException(
                setting.origin() + ": unknown key '" + key + "'" + Nearest.hint(key, leaves.keySet()));
    }

    private static Object get(RecordComponent component, Record owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
