package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;

/**
 * Sections that are one of several records: the component's type is an interface with a static method {@code kinds()}, which
 * answers the default of each kind by its name.
 */
final class Kinds {
    /** The key that names the kind. */
    static final String KEY = "kind";

    private Kinds() {}

    /** The value of a key that names a kind, which other keys of that name do not. */
    record Name(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    static boolean has(Class<?> type) {
        return type.isInterface() && type.isSealed();
    }

    /** The name of a record's kind. */
    static String of(Record value) {
        Class<?> type = value.getClass().getInterfaces()[0];
        return all(type).entrySet().stream()
                .filter(kind -> kind.getValue().getClass() == value.getClass())
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    /**
     * The value itself where it is of the kind that was set, else the default of that kind.
     *
     * @throws UsageException if there is no such kind
     */
    static Record change(Record value, Class<?> type, Setting kind) {
        String name = kind.value() instanceof Value.Scalar scalar ? scalar.text() : "";
        Record other = all(type).get(name);
        if (other == null) {
            throw new UsageException(kind.origin() + ": " + kind.key() + " is '" + kind.value()
                    + "' but must be one of " + String.join(", ", all(type).keySet()));
        }
        return other.getClass() == value.getClass() ? value : other;
    }

    /** The default of each kind by its name. */
    @SuppressWarnings("unchecked")
    static Map<String, Record> all(Class<?> type) {
        try {
            return (Map<String, Record>) type.getMethod("kinds").invoke(null);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
