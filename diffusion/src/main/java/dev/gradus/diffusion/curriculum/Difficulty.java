package dev.gradus.diffusion.curriculum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How hard intervals of t were found to be.
 *
 * @param intervals sorted, without gaps between them
 */
public record Difficulty(List<Interval> intervals) {
    private static final String KEY = "curriculum.difficulty";

    /**
     * The difficulty of an interval.
     *
     * @param from where it begins, in the schedule's t
     * @param to where it ends
     * @param value at least 0; twice as hard is twice the value
     */
    public record Interval(double from, double to, double value) {
        public Interval {
            if (!(from < to && from > Double.NEGATIVE_INFINITY && to < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "an interval must run from a finite t to a greater one, not from " + from + " to " + to);
            }
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("the difficulty from t = " + from + " to " + to
                        + " must be at least 0 and finite, is " + value);
            }
        }
    }

    public Difficulty {
        intervals = intervals.stream()
                .sorted(Comparator.comparingDouble(Interval::from))
                .toList();
        if (intervals.stream().mapToDouble(Interval::value).sum() <= 0) {
            throw new IllegalArgumentException("no interval has a difficulty above 0");
        }
        for (int i = 1; i < intervals.size(); i++) {
            if (intervals.get(i).from() != intervals.get(i - 1).to()) {
                throw new IllegalArgumentException("the interval that begins at t = "
                        + intervals.get(i).from() + " does not join the one before, which ends at "
                        + intervals.get(i - 1).to());
            }
        }
    }

    /**
     * Reads the array {@code difficulty} of {@code from}, {@code to} and {@code value} from the JSON that the analyses write.
     *
     * @throws ConfigException if the file cannot be read, or its intervals do not fit together
     */
    public static Difficulty read(Path file) {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new ConfigException(KEY, "names the file " + file + ", which is no readable JSON: " + e.getMessage());
        }
        List<Interval> intervals = new ArrayList<>();
        try {
            for (JsonNode item : json.path("difficulty")) {
                intervals.add(new Interval(number(item, "from"), number(item, "to"), number(item, "value")));
            }
            return new Difficulty(intervals);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    KEY,
                    "names the file " + file + ", whose array 'difficulty' cannot be used: " + e.getMessage()
                            + "; 'gradus analyze' writes such files");
        }
    }

    private static double number(JsonNode item, String key) {
        if (!item.path(key).isNumber()) {
            throw new IllegalArgumentException("an entry has no number '" + key + "': " + item);
        }
        return item.path(key).doubleValue();
    }

    /**
     * This difficulty on an axis: what lies outside is left out, and a piece of the axis before the first or after the last
     * interval is as hard, per length, as that one.
     *
     * @throws ConfigException if the two have nothing in common
     */
    Difficulty over(double from, double to) {
        List<Interval> inside = new ArrayList<>();
        for (int i = 0; i < intervals.size(); i++) {
            Interval interval = intervals.get(i);
            double low = i == 0 ? from : Math.max(from, interval.from());
            double high = i == intervals.size() - 1 ? to : Math.min(to, interval.to());
            if (low < high) {
                inside.add(
                        new Interval(low, high, interval.value() * (high - low) / (interval.to() - interval.from())));
            }
        }
        if (from >= intervals.getLast().to() || to <= intervals.getFirst().from()) {
            throw new ConfigException(
                    KEY,
                    "was measured from t = " + intervals.getFirst().from() + " to "
                            + intervals.getLast().to() + ", but the schedule's t runs from " + from + " to " + to);
        }
        return new Difficulty(inside);
    }

    /** The t before which the share {@code p} of all difficulty lies. */
    double quantile(double p) {
        double wanted = p * intervals.stream().mapToDouble(Interval::value).sum();
        for (Interval interval : intervals) {
            if (wanted < interval.value()) {
                return interval.from() + (interval.to() - interval.from()) * wanted / interval.value();
            }
            wanted -= interval.value();
        }
        return intervals.getLast().to();
    }
}
