package dev.gradus.torch.nn;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Texts of modules in PyTorch's form. */
final class Repr {
    private Repr() {}

    static String of(String name, String extra, Map<String, Module> children) {
        SequencedMap<String, String> lines = new LinkedHashMap<>();
        children.forEach((child, module) -> lines.put(child, module.describe()));
        return of(name, extra, lines);
    }

    /** Neighbours of the same text as one line: {@code (0-2): 3 x ReLU()}. */
    static String ofList(String name, List<? extends Module> modules) {
        SequencedMap<String, String> lines = new LinkedHashMap<>();
        int start = 0;
        for (int i = 0; i < modules.size(); i++) {
            String text = modules.get(i).describe();
            if (i + 1 == modules.size() || !modules.get(i + 1).describe().equals(text)) {
                int count = i - start + 1;
                lines.put(count == 1 ? "" + i : start + "-" + i, count == 1 ? text : count + " x " + text);
                start = i + 1;
            }
        }
        return of(name, "", lines);
    }

    private static String of(String name, String extra, SequencedMap<String, String> children) {
        if (children.isEmpty()) {
            return name + "(" + extra + ")";
        }
        StringBuilder text = new StringBuilder(name).append("(\n");
        if (!extra.isEmpty()) {
            text.append("  ").append(extra).append('\n');
        }
        children.forEach((child, description) -> text.append("  (")
                .append(child)
                .append("): ")
                .append(description.replace("\n", "\n  "))
                .append('\n'));
        return text.append(')').toString();
    }

    /** The options one after the other, each a name and its value; those without a name first. */
    static String options(Object... namesAndValues) {
        List<String> parts = new ArrayList<>();
        for (Iterator<Object> it = List.of(namesAndValues).iterator(); it.hasNext(); ) {
            String name = (String) it.next();
            String value = python(it.next());
            parts.add(name.isEmpty() ? value : name + "=" + value);
        }
        return String.join(", ", parts);
    }

    /** Sizes as they were given: one for all dimensions, or one for each. */
    static Object size(long[] values) {
        return values.length == 1 ? (Object) values[0] : values;
    }

    /** A value as Python writes it. */
    static String python(Object value) {
        return switch (value) {
            case Boolean b -> b ? "True" : "False";
            case int[] array ->
                python(java.util.Arrays.stream(array).asLongStream().toArray());
            case long[] array -> {
                String list = java.util.Arrays.toString(array);
                yield "(" + list.substring(1, list.length() - 1) + (array.length == 1 ? ",)" : ")");
            }
            case Double number -> number(number);
            case Enum<?> constant -> constant.name().toLowerCase(java.util.Locale.ROOT);
            default -> value.toString();
        };
    }

    /** The shortest decimal, as Python's {@code repr} writes it: {@code 1e-05}. */
    private static String number(double value) {
        double size = Math.abs(value);
        if (size != 0 && size < 1e-4 || size >= 1e16) {
            String[] parts = Double.toString(value).split("E");
            String digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
            int exponent = Integer.parseInt(parts[1]);
            return digits + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                    + Math.abs(exponent);
        }
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        return decimal.setScale(Math.max(1, decimal.scale())).toPlainString();
    }
}
