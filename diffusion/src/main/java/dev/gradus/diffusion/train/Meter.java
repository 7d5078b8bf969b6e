package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The mean loss and the speed since the last report. Time spent on other things than training is left out. */
final class Meter {
    private double sum;
    private long losses;
    private long images;
    private long started = System.nanoTime();

    void add(double loss) {
        sum += loss;
        losses++;
    }

    void addImages(int count) {
        images += count;
    }

    /** NaN when there was no loss. */
    double meanLoss() {
        return sum / losses;
    }

    double imagesPerSecond() {
        return images / Math.max(1e-9, (System.nanoTime() - started) * 1e-9);
    }

    /** The share of the time since the last report that these nanoseconds are. */
    double share(long nanos) {
        return nanos / (double) Math.max(1, System.nanoTime() - started);
    }

    /** The share of the time since the last report that these nanoseconds are, which were left out of it. */
    double shareOfAll(long nanos) {
        return nanos / (double) Math.max(1, System.nanoTime() - started + nanos);
    }

    /** Leaves out the time since {@code since}, a value of {@link System#nanoTime}. */
    void leaveOut(long since) {
        started += System.nanoTime() - since;
    }

    /** Starts the measurement of speed. */
    void restartClock() {
        images = 0;
        started = System.nanoTime();
    }

    /** Starts anew, after a report. */
    void reset() {
        sum = 0;
        losses = 0;
        restartClock();
    }

    /** The losses since the last report, for {@link #restore}; a resumed run measures its own speed. */
    ObjectNode state() {
        return JsonNodeFactory.instance.objectNode().put("sum", sum).put("count", losses);
    }

    void restore(JsonNode state) {
        sum = state.path("sum").asDouble();
        losses = state.path("count").asLong();
    }
}
