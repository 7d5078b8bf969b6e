package dev.gradus.torch;

import java.util.ArrayList;
import java.util.List;

/**
 * What stands between the brackets of {@code x[...]} in PyTorch, for {@link Tensor#get(Index...)} and
 * {@link Tensor#set(Tensor, Index...)}. A tensor is one too: of integers, or a mask.
 *
 * <table>
 * <caption>Side by side</caption>
 * <tr><th>PyTorch</th><th>Gradus</th></tr>
 * <tr><td>{@code x[0]}, {@code x[0, -1]}</td><td>{@code x.get(0)}, {@code x.get(0, -1)}</td></tr>
 * <tr><td>{@code x[1:5]}</td><td>{@code x.get(Index.range(1, 5))}</td></tr>
 * <tr><td>{@code x[2:]}, {@code x[:-1]}</td><td>{@code x.get(Index.from(2))}, {@code x.get(Index.to(-1))}</td></tr>
 * <tr><td>{@code x[:, ::2]}</td><td>{@code x.get(Index.all(), Index.every(2))}</td></tr>
 * <tr><td>{@code x[..., None]}</td><td>{@code x.get(Index.ellipsis(), Index.newAxis())}</td></tr>
 * <tr><td>{@code x[x > 0]}</td><td>{@code x.get(x.gt(0))}</td></tr>
 * <tr><td>{@code x[:, [2, 0]]}</td><td>{@code x.get(Index.all(), Index.list(2, 0))}</td></tr>
 * <tr><td>{@code x[1:5, ..., 0]}</td><td>{@code x.get("1:5, ..., 0")}</td></tr>
 * </table>
 */
public sealed interface Index permits Tensor, Index.At, Index.Range, Index.Truth, Index.Mark {

    /**
     * One position, which takes its dimension away.
     *
     * @param position in [-size, size); negative ones count from the end
     */
    record At(long position) implements Index {}

    /**
     * Every step-th position from start on and before end. Bounds beyond the dimension are those of the dimension.
     *
     * @param start null: the first; negative ones count from the end
     * @param end null: up to the last, included; negative ones count from the end
     * @param step at least 1
     */
    record Range(Long start, Long end, long step) implements Index {

        private static final Range ALL = new Range(null, null, 1);

        /**
         * Checks the step.
         *
         * @throws TorchValueException if it is below 1
         */
        public Range {
            if (step == 0) {
                throw new TorchValueException("slice step cannot be zero");
            }
            if (step < 0) {
                throw new TorchValueException("the step of a range is " + step
                        + "; libtorch has none that go backwards, use flip() for those");
            }
        }

        /** With another step. */
        public Range step(long newStep) {
            return new Range(start, end, newStep);
        }
    }

    /**
     * A truth value: a new dimension, of size 1 for true and of size 0 for false.
     *
     * @param value the value
     */
    record Truth(boolean value) implements Index {}

    /** An index without parameters. */
    enum Mark implements Index {
        /** All dimensions that the other indices leave over, as they are. */
        ELLIPSIS,
        /** A new dimension of size 1. */
        NEW_AXIS
    }

    /** One position; where all are positions, {@code x.get(0, 1)} is shorter. */
    static Index at(long position) {
        return new At(position);
    }

    /** The positions in [start, end). */
    static Range range(long start, long end) {
        return new Range(start, end, 1);
    }

    /** Every step-th of the positions in [start, end); null as a bound: from the first, up to the last. */
    static Range range(Long start, Long end, long step) {
        return new Range(start, end, step);
    }

    /** The positions from start on. */
    static Range from(long start) {
        return new Range(start, null, 1);
    }

    /** The positions before end. */
    static Range to(long end) {
        return new Range(null, end, 1);
    }

    /** Every step-th position. */
    static Range every(long step) {
        return new Range(null, null, step);
    }

    /** All positions. */
    static Range all() {
        return Range.ALL;
    }

    /** All dimensions that the other indices leave over, as they are. */
    static Index ellipsis() {
        return Mark.ELLIPSIS;
    }

    /** A new dimension of size 1, Python's {@code None}. */
    static Index newAxis() {
        return Mark.NEW_AXIS;
    }

    /** A truth value: a new dimension, of size 1 for true and of size 0 for false. */
    static Index of(boolean value) {
        return new Truth(value);
    }

    /** These positions, in this order: a new INT64 vector. */
    static Tensor list(long... positions) {
        return Torch.tensor(positions);
    }

    /**
     * Reads what PyTorch takes between brackets, without tensors: numbers, {@code a:b:c}, {@code ...}, {@code None},
     * {@code True} and {@code False}, separated by commas.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static Index[] parse(String text) {
        List<Index> indices = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            indices.add(parseOne(part.strip(), text));
        }
        return indices.toArray(Index[]::new);
    }

    private static Index parseOne(String part, String text) {
        switch (part) {
            case "...":
                return Mark.ELLIPSIS;
            case "None":
                return Mark.NEW_AXIS;
            case "True":
                return new Truth(true);
            case "False":
                return new Truth(false);
            default:
        }
        String[] numbers = part.split(":", -1);
        try {
            if (numbers.length == 1) {
                return new At(Long.parseLong(part));
            }
            if (numbers.length <= 3) {
                Long step = numbers.length == 3 ? number(numbers[2]) : null;
                return new Range(number(numbers[0]), number(numbers[1]), step == null ? 1 : step);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException("'" + part + "' in the indices '" + text
                + "' is none; write numbers, a:b:c, ..., None, True or False, separated by commas");
    }

    private static Long number(String text) {
        String stripped = text.strip();
        return stripped.isEmpty() ? null : Long.valueOf(stripped);
    }
}
