package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Weights that do not fit a module. The message names every entry at fault, the first few of each kind in full. */
public final class StateDictException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 5;

    private final transient List<String> missing;
    private final transient List<String> unexpected;
    private final transient List<String> misshapen;

    private StateDictException(List<String> missing, List<String> unexpected, List<String> misshapen) {
        super(message(missing, unexpected, misshapen));
        this.missing = List.copyOf(missing);
        this.unexpected = List.copyOf(unexpected);
        this.misshapen = List.copyOf(misshapen);
    }

    /** Names that the module has and the weights have not. */
    public List<String> missing() {
        return missing;
    }

    /** Names that the weights have and the module has not. */
    public List<String> unexpected() {
        return unexpected;
    }

    /** Names with both shapes: {@code "conv.weight is (8, 3, 3, 3), should be (8, 1, 3, 3)"}. */
    public List<String> misshapen() {
        return misshapen;
    }

    static void check(Map<String, Tensor> target, Map<String, Tensor> source) {
        List<String> missing = target.keySet().stream()
                .filter(name -> !source.containsKey(name))
                .toList();
        List<String> unexpected = source.keySet().stream()
                .filter(name -> !target.containsKey(name))
                .toList();
        List<String> misshapen = new ArrayList<>();
        target.forEach((name, tensor) -> {
            Tensor given = source.get(name);
            if (given != null && !Arrays.equals(given.shape(), tensor.shape())) {
                misshapen.add(name + " is " + text(given.shape()) + ", should be " + text(tensor.shape()));
            }
        });
        if (!missing.isEmpty() || !unexpected.isEmpty() || !misshapen.isEmpty()) {
            throw new StateDictException(missing, unexpected, misshapen);
        }
    }

    private static String message(List<String> missing, List<String> unexpected, List<String> misshapen) {
        List<String> parts = new ArrayList<>();
        part(parts, "of another shape", misshapen);
        part(parts, "missing", missing);
        part(parts, "unexpected", unexpected);
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
