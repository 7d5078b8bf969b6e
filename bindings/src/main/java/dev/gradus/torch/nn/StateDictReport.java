package dev.gradus.torch.nn;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How a state dict fits a module. The messages name every entry at fault, the first few of each kind in full.
 *
 * @param loaded names that fit
 * @param missing names that the module has and the weights have not
 * @param unexpected names that the weights have and the module has not
 * @param misshapen names with both shapes: {@code "conv.weight is (8, 3, 3, 3), should be (8, 1, 3, 3)"}
 * @param mistyped names with both types, where a conversion would lose what the values mean, complex to real for example:
 *     {@code "table is complex64, should be float32"}
 * @param converted names with both types that are converted, float16 to float32 for example; not a fault
 */
public record StateDictReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<String> misshapen,
        List<String> mistyped,
        List<String> converted) {
    private static final int SHOWN = 5;

    /** Copies the lists. */
    public StateDictReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshapen = List.copyOf(misshapen);
        mistyped = List.copyOf(mistyped);
        converted = List.copyOf(converted);
    }

    /** Whether names, shapes and types fit exactly, but for conversions. */
    public boolean fits() {
        return missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty() && mistyped.isEmpty();
    }

    static StateDictReport of(Map<String, Tensor> target, Map<String, Tensor> source) {
        List<String> loaded = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        List<String> mistyped = new ArrayList<>();
        List<String> converted = new ArrayList<>();
        target.forEach((name, tensor) -> {
            Tensor given = source.get(name);
            if (given == null) {
                missing.add(name);
            } else if (!Arrays.equals(given.shape(), tensor.shape())) {
                misshapen.add(should(name, text(given.shape()), text(tensor.shape())));
            } else if (!convertible(given.dtype(), tensor.dtype())) {
                mistyped.add(should(name, given.dtype(), tensor.dtype()));
            } else {
                loaded.add(name);
                if (given.dtype() != tensor.dtype()) {
                    converted.add(should(name, given.dtype(), tensor.dtype()));
                }
            }
        });
        List<String> unexpected = source.keySet().stream()
                .filter(name -> !target.containsKey(name))
                .toList();
        return new StateDictReport(loaded, missing, unexpected, misshapen, mistyped, converted);
    }

    /** Real numbers go into more general ones: integers into floats into complex numbers; within a kind precision may go. */
    private static boolean convertible(DType from, DType to) {
        return kind(from) <= kind(to);
    }

    private static int kind(DType dtype) {
        if (dtype == DType.BOOL) {
            return 0;
        }
        if (dtype.isFloatingPoint()) {
            return 2;
        }
        return dtype.name().startsWith("COMPLEX") ? 3 : 1;
    }

    private static String should(String name, Object is, Object should) {
        return name + " is " + is + ", should be " + should;
    }

    /** What does not fit, in one line. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        part(parts, "of another shape", misshapen);
        part(parts, "of another type", mistyped);
        part(parts, "missing", missing);
        part(parts, "unexpected", unexpected);
        if (parts.isEmpty()) {
            part(parts, "the weights fit the module; converted", converted);
            return parts.isEmpty() ? "the weights fit the module" : parts.get(0);
        }
        return "the weights do not fit the module; " + String.join("; ", parts);
    }

    private static void part(List<String> parts, String kind, List<String> names) {
        if (!names.isEmpty()) {
            String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
            String more = names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "";
            parts.add(kind + ": " + shown + more);
        }
    }

    private static String text(long[] shape) {
        String list = Arrays.toString(shape);
        return "(" + list.substring(1, list.length() - 1) + ")";
    }
}
