package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the operators that libtorch registers. */
public final class Operators {

    /** How many names are offered for one that is not found. */
    private static final int OFFERED = 3;

    private static final Map<String, Operator> FOUND = new ConcurrentHashMap<>();

    private Operators() {}

    /** Read at the first use, as it takes some milliseconds. */
    private static final class Registered {
        static final List<String> FULL_NAMES = read();
        /** The overloads of each name, the one without a name of its own first. */
        static final Map<String, List<String>> OVERLOADS = overloads();

        private static List<String> read() {
            NativeLibrary.require();
            String text = Strings.of(GradusTorch.gt_operator_list());
            if (text == null) {
                throw TorchException.last();
            }
            return text.lines().toList();
        }

        private static Map<String, List<String>> overloads() {
            Map<String, List<String>> overloads = new LinkedHashMap<>();
            for (String full : FULL_NAMES) {
                String[] parts = split(full);
                overloads.computeIfAbsent(parts[0], _ -> new ArrayList<>()).add(parts[1]);
            }
            return overloads;
        }
    }

    /** All there are, by name and overload, in alphabetical order: {@code aten::add.Tensor}, {@code aten::relu}, ... */
    public static List<String> list() {
        return Registered.FULL_NAMES;
    }

    /**
     * An operator by its name, {@code aten::roll}, or name and overload, {@code aten::add.Tensor}. Where the overload is
     * left out and there are several, each call takes the one whose arguments fit: the first that takes them as they are,
     * else the first that does if integers may stand for floats and single values for lists. Those that write into a
     * tensor that is given, {@code out} and {@code ..._out}, have to be named.
     *
     * @throws TorchValueException if there is none; the message offers the nearest names
     */
    public static Operator find(String name) {
        return FOUND.computeIfAbsent(name, Operators::lookUp);
    }

    /**
     * An operator by its name and overload.
     *
     * @param name such as {@code aten::add}
     * @param overload such as {@code Tensor}; empty for the one that has none
     * @throws TorchValueException if there is none; the message offers the nearest names
     */
    public static Operator find(String name, String overload) {
        return FOUND.computeIfAbsent(name + "." + overload, _ -> lookUp(name, overload));
    }

    private static Operator lookUp(String name) {
        String[] parts = split(name);
        if (!parts[1].isEmpty()) {
            return lookUp(parts[0], parts[1]);
        }
        List<String> overloads = Registered.OVERLOADS.get(name);
        if (overloads == null) {
            throw unknown(name);
        }
        List<String> meant =
                overloads.stream().filter(one -> !writesIntoArguments(one)).toList();
        List<Operator> operators = (meant.isEmpty() ? overloads : meant)
                .stream().map(overload -> Operator.named(name, overload)).toList();
        return operators.size() == 1 ? operators.get(0) : Operator.anyOf(name, operators);
    }

    private static Operator lookUp(String name, String overload) {
        List<String> overloads = Registered.OVERLOADS.get(name);
        if (overloads == null) {
            throw unknown(name);
        }
        if (!overloads.contains(overload)) {
            throw new TorchValueException(name + " has no overload '" + overload + "'; it has "
                    + String.join(
                            ", ", overloads.stream().map(one -> "'" + one + "'").toList()));
        }
        return Operator.named(name, overload);
    }

    private static boolean writesIntoArguments(String overload) {
        return overload.equals("out") || overload.endsWith("_out");
    }

    /** The name with its namespace, and the overload. */
    private static String[] split(String full) {
        int dot = full.indexOf('.', full.indexOf("::") + 1);
        return dot < 0 ? new String[] {full, ""} : new String[] {full.substring(0, dot), full.substring(dot + 1)};
    }

    private static TorchValueException unknown(String name) {
        String wanted = name.contains("::") ? name : "aten::" + name;
        List<String> nearest = Registered.OVERLOADS.keySet().stream()
                .sorted(Comparator.comparingInt(known -> distance(wanted, known)))
                .limit(OFFERED)
                .toList();
        return new TorchValueException("libtorch has no operator '" + name + "'; the nearest names are "
                + String.join(", ", nearest) + " (Operators.list() has all)");
    }

    /** How many letters have to be put in, taken out or changed to make one text the other (Levenshtein). */
    static int distance(String first, String second) {
        int[] row = new int[second.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= first.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.length(); j++) {
                int changed = diagonal + (first.charAt(i - 1) == second.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[second.length()];
    }
}
