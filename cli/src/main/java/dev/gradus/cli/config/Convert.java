package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns a {@link Value} into the type that a record's component has, and back into YAML. */
final class Convert {
    private static final Pattern INTEGER = Pattern.compile("[-+]?\\d+(_\\d+)*");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_./][A-Za-z0-9_./-]*");

    private final Setting setting;

    private Convert(Setting setting) {
        this.setting = setting;
    }

    /** The setting's value as {@code type}; a {@link UsageException} says what is allowed where it is not one. */
    static Object to(Type type, Setting setting) {
        return new Convert(setting).value(type);
    }

    /** The word that stands for a constant: {@code EASY_TO_HARD} is {@code easy-to-hard}. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A value as YAML that {@link #to} reads back to the same value. */
    static String toYaml(Object value) {
        return switch (value) {
            case null -> "null";
            case Optional<?> optional -> toYaml(optional.orElse(null));
            case Enum<?> constant -> toYaml(word(constant));
            case List<?> list -> list.stream().map(Convert::toYaml).collect(Collectors.joining(", ", "[", "]"));
            case Double number -> number(number.toString());
            case Float number -> number(number.toString());
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            default -> quote(value.toString());
        };
    }

    private static String number(String text) {
        return text.replace(".0E", "e").replace('E', 'e');
    }

    private static String quote(String text) {
        boolean plain = PLAIN.matcher(text).matches() && !text.matches("(?i)null|true|false|yes|no|on|off");
        return plain ? text : '"' + escape(text) + '"';
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"', '\\' -> escaped.append('\\').append(c);
                case '\n' -> escaped.append("\\n");
                case '\t' -> escaped.append("\\t");
                default -> escaped.append(c < ' ' ? String.format("\\x%02x", (int) c) : String.valueOf(c));
            }
        }
        return escaped.toString();
    }

    private Object value(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return isNull() ? Optional.empty() : Optional.of(value(argument));
            }
            if (generic.getRawType() == List.class) {
                return isNull() ? null : list(argument);
            }
        }
        if (!(type instanceof Class<?> single)) {
            throw new IllegalStateException(setting.key() + " has the type " + type + ", which settings cannot have");
        }
        if (!(setting.value() instanceof Value.Scalar scalar)) {
            throw bad("a single value");
        }
        if (scalar.isNull()) {
            if (single.isPrimitive()) {
                throw bad(allowed(single));
            }
            return null;
        }
        return scalar(single, scalar);
    }

    private boolean isNull() {
        return setting.value() instanceof Value.Scalar scalar && scalar.isNull();
    }

    private List<Object> list(Type element) {
        List<Value.Scalar> items = switch (setting.value()) {
            case Value.Sequence sequence -> sequence.items();
            case Value.Scalar scalar ->
                Stream.of(scalar.text().split(","))
                        .map(s -> new Value.Scalar(s.strip(), scalar.quoted()))
                        .toList();
        };
        List<Object> converted = new ArrayList<>();
        for (Value.Scalar item : items) {
            converted.add(to(element, new Setting(setting.key(), item, setting.origin())));
        }
        return List.copyOf(converted);
    }

    private Object scalar(Class<?> type, Value.Scalar scalar) {
        String text = scalar.text();
        try {
            if (type == String.class) {
                return text;
            } else if (type == Path.class) {
                return Path.of(text);
            } else if (type == boolean.class || type == Boolean.class) {
                return truth(text);
            } else if (type == int.class || type == Integer.class) {
                return Integer.parseInt(match(INTEGER, text, type).replace("_", ""));
            } else if (type == long.class || type == Long.class) {
                return Long.parseLong(match(INTEGER, text, type).replace("_", ""));
            } else if (type == double.class || type == Double.class) {
                return Double.parseDouble(match(DECIMAL, text, type));
            } else if (type == float.class || type == Float.class) {
                return Float.parseFloat(match(DECIMAL, text, type));
            } else if (type.isEnum()) {
                return constant(type, text);
            }
        } catch (NumberFormatException | InvalidPathException e) {
            throw bad(allowed(type));
        }
        throw new IllegalStateException(setting.key() + " has the " + type + ", which settings cannot have");
    }

    private String match(Pattern pattern, String text, Class<?> type) {
        if (!pattern.matcher(text).matches()) {
            throw bad(allowed(type));
        }
        return text;
    }

    private boolean truth(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw bad(allowed(boolean.class));
        }
        return text.equals("true");
    }

    private Object constant(Class<?> type, String text) {
        String folded = text.replace('_', '-');
        return Stream.of(type.getEnumConstants())
                .filter(c -> word((Enum<?>) c).equalsIgnoreCase(folded))
                .findFirst()
                .orElseThrow(() -> bad(allowed(type)));
    }

    private static String allowed(Class<?> type) {
        if (type.isEnum()) {
            return "one of "
                    + Stream.of(type.getEnumConstants())
                            .map(c -> word((Enum<?>) c))
                            .collect(Collectors.joining(", "));
        } else if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        } else if (type == int.class || type == Integer.class) {
            return "a whole number up to " + Integer.MAX_VALUE;
        } else if (type == long.class || type == Long.class) {
            return "a whole number";
        } else if (type == double.class || type == float.class || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        return type == Path.class ? "a path" : "a text";
    }

    private UsageException bad(String allowed) {
        return new UsageException(
                setting.origin() + ": " + setting.key() + " is '" + setting.value() + "' but must be " + allowed);
    }
}
