package dev.gradus.diffusion.curriculum;

import java.util.List;
import java.util.stream.IntStream;

/** Cuts the timesteps into clusters, the tasks that the curriculum orders. */
@FunctionalInterface
public interface Clustering {
    /**
     * Clusters that cover [0, timesteps) without gap or overlap, from the lowest noise to the highest.
     *
     * @throws IllegalArgumentException if there are fewer timesteps than clusters
     */
    List<TimestepRange> clusters(int timesteps);

    /**
     * {@code count} intervals of equal length. Where it does not divide the timesteps, lengths differ by one: cluster i
     * is [floor(i T / N), floor((i + 1) T / N)).
     */
    static Clustering uniform(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("there must be at least 1 cluster, not " + count);
        }
        return timesteps -> {
            if (timesteps < count) {
                throw new IllegalArgumentException(count + " clusters do not fit into " + timesteps + " timesteps");
            }
            return IntStream.range(0, count)
                    .mapToObj(i -> new TimestepRange(
                            (int) ((long) i * timesteps / count), (int) ((i + 1L) * timesteps / count)))
                    .toList();
        };
    }
}
