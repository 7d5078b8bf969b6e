package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.Nearest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.stream.Stream;

/** Copies of configuration records with one value changed. */
final class Copies {
    private Copies() {}

    /**
     * A copy of {@code config} in which the component with a dotted key has another value; everything is checked anew.
     *
     * @throws ConfigException if there is no such key, the value has another type, or the result is not valid
     */
    static <R extends Record> R with(R config, String key, Object value) {
        return with(config, "", key, value);
    }

    private static <R extends Record> R with(R config, String prefix, String key, Object value) {
        int dot = key.indexOf('.');
        String name = dot < 0 ? key : key.substring(0, dot);
        RecordComponent[] components = config.getClass().getRecordComponents();
        Object[] values = Stream.of(components).map(c -> get(c, config)).toArray();
        int index =
                Arrays.stream(components).map(RecordComponent::getName).toList().indexOf(name);
        if (index < 0 || (dot >= 0 && !(values[index] instanceof Record))) {
            throw new ConfigException(
                    prefix + key,
                    "is not a key of the configuration"
                            + Nearest.hint(
                                    name,
                                    Stream.of(components)
                                            .map(RecordComponent::getName)
                                            .toList()));
        }
        values[index] =
                dot < 0 ? value : with((Record) values[index], prefix + name + ".", key.substring(dot + 1), value);
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            @SuppressWarnings("unchecked")
            R copy = (R) config.getClass().getDeclaredConstructor(types).newInstance(values);
            return copy;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    prefix + key, "must be of the type " + types[index].getSimpleName() + ", is " + value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object get(RecordComponent component, Record owner) {
        try {
            return component.getAccessor().invoke(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
