package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.curriculum.TimestepRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The mean loss of the images of each cluster of times since the last report. */
final class ClusterLosses {
    private final List<TimestepRange> clusters;
    private final double[] ends;
    private final double[] sums;
    private final long[] counts;

    /** @param clusters at least one, in order, each beginning where the one before ends */
    ClusterLosses(List<TimestepRange> clusters) {
        this.clusters = List.copyOf(clusters);
        ends = clusters.stream().mapToDouble(TimestepRange::to).toArray();
        sums = new double[ends.length];
        counts = new long[ends.length];
    }

    List<TimestepRange> clusters() {
        return clusters;
    }

    /**
     * Takes the losses of a step.
     *
     * @param times t of each image
     * @param losses of each image
     */
    void add(double[] times, double[] losses) {
        for (int i = 0; i < times.length; i++) {
            int cluster = clusterOf(times[i]);
            sums[cluster] += losses[i];
            counts[cluster]++;
        }
    }

    /** A time at an end belongs to the cluster that begins there; one outside of all, to the nearest. */
    private int clusterOf(double time) {
        int found = Arrays.binarySearch(ends, time);
        return Math.min(found >= 0 ? found + 1 : -found - 1, ends.length - 1);
    }

    /** The mean of each cluster; null where there was no image. */
    List<Double> means() {
        List<Double> means = new ArrayList<>();
        for (int i = 0; i < sums.length; i++) {
            means.add(counts[i] == 0 ? null : sums[i] / counts[i]);
        }
        return means;
    }

    /** Starts anew, after a report. */
    void reset() {
        Arrays.fill(sums, 0);
        Arrays.fill(counts, 0);
    }

    /** The losses since the last report, for {@link #restore}. */
    ObjectNode state() {
        ObjectNode state = JsonNodeFactory.instance.objectNode();
        for (double sum : sums) {
            state.withArray("sums").add(sum);
        }
        for (long count : counts) {
            state.withArray("counts").add(count);
        }
        return state;
    }

    /** Goes on from a state; one without these losses begins anew. */
    void restore(JsonNode state) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] = state.path("sums").path(i).asDouble();
            counts[i] = state.path("counts").path(i).asLong();
        }
    }
}
