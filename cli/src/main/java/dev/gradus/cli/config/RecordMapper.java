package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import dev.gradus.diffusion.Nearest;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Builds a tree of records from settings. The records are the only place that says which keys there are: the
 * component {@code lr} of the record that is the component {@code optimizer} is the key {@code optimizer.lr}.
 * Their constructors check the values. Where a component may be one of several records, a key {@code kind} says which; see
 * {@link Kinds}.
 */
public final class RecordMapper {
    private final Map<String, Setting> given;

    private RecordMapper(Map<String, Setting> given) {
        this.given = given;
    }

    /**
     * A copy of {@code defaults} with {@code settings} put in.
     *
     * @throws UsageException for an unknown key, naming the nearest one, and for a value that its key does not
     *     take; the message begins with the setting's origin
     */
    public static <R extends Record> R apply(R defaults, Settings settings) {
        Map<String, Setting> given = new LinkedHashMap<>();
        settings.all().forEach(setting -> given.put(setting.key(), setting));
        RecordMapper mapper = new RecordMapper(given);
        Map<String, Object> leaves = new LinkedHashMap<>();
        mapper.walk(defaults, "", leaves::put);
        for (Setting setting : settings.all()) {
            if (!leaves.containsKey(setting.key())) {
                if (!isEmptySection(setting, leaves) && !isOfReplacedKind(setting, settings, leaves)) {
                    throw unknown(setting, leaves);
                }
                given.remove(setting.key());
            }
        }
        return mapper.build(defaults, "");
    }

    /** All keys and their values, in the order of the records. */
    public static Map<String, Object> flatten(Record config) {
        Map<String, Object> flat = new LinkedHashMap<>();
        new RecordMapper(Map.of()).walk(config, "", flat::put);
        return flat;
    }

    private interface Visitor {
        void leaf(String key, Object value);
    }

    private void walk(Record config, String prefix, Visitor visitor) {
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            String key = prefix + component.getName();
            Object value = value(component, config, key);
            if (Kinds.has(component.getType())) {
                visitor.leaf(key + "." + Kinds.KEY, new Kinds.Name(Kinds.of((Record) value)));
            }
            if (value instanceof Record section) {
                walk(section, key + ".", visitor);
            } else {
                visitor.leaf(key, value);
            }
        }
    }

    /** The component's value; the default of another kind where the settings ask for that. */
    private Object value(RecordComponent component, Record owner, String key) {
        Object value = get(component, owner);
        Setting kind = given.get(key + "." + Kinds.KEY);
        return kind != null && Kinds.has(component.getType())
                ? Kinds.change((Record) value, component.getType(), kind)
                : value;
    }

    private <R extends Record> R build(R defaults, String prefix) {
        RecordComponent[] components = defaults.getClass().getRecordComponents();
        Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String key = prefix + components[i].getName();
            Object value = value(components[i], defaults, key);
            Setting setting = given.get(key);
            if (value instanceof Record section) {
                arguments[i] = build(section, key + ".");
            } else {
                arguments[i] = setting == null ? value : Convert.to(components[i].getGenericType(), setting);
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

    /** A key that a lower layer set for a kind that a higher one has replaced, such as a preset's. */
    private static boolean isOfReplacedKind(Setting setting, Settings settings, Map<String, ?> leaves) {
        int dot = setting.key().lastIndexOf('.');
        String kind = setting.key().substring(0, Math.max(dot, 0)) + "." + Kinds.KEY;
        return leaves.get(kind) instanceof Kinds.Name
                && settings.all().stream().anyMatch(other -> other.key().equals(kind))
                && settings.isBelow(setting.key(), kind);
    }

    private static boolean isEmptySection(Setting setting, Map<String, ?> leaves) {
        return setting.value() instanceof Value.Scalar scalar && scalar.isNull() && isSection(setting.key(), leaves);
    }

    private static boolean isSection(String key, Map<String, ?> leaves) {
        return leaves.keySet().stream().anyMatch(k -> k.startsWith(key + "."));
    }

    private static UsageException unknown(Setting setting, Map<String, ?> leaves) {
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
