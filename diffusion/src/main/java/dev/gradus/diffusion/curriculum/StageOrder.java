package dev.gradus.diffusion.curriculum;

import java.util.List;
import java.util.stream.IntStream;

/** Which timesteps are drawn in each stage. */
@FunctionalInterface
public interface StageOrder {
    /**
     * The range drawn in each stage; the last one is all timesteps.
     *
     * @param clusters the clusters from the lowest noise to the highest, without gaps
     */
    List<TimestepRange> stages(List<TimestepRange> clusters);

    /** The paper's order: stage n draws from the n clusters of highest noise, which are the easiest. */
    static StageOrder easyToHard() {
        return clusters -> {
            int count = clusters.size();
            int end = clusters.getLast().to();
            return IntStream.rangeClosed(1, count)
                    .mapToObj(n -> new TimestepRange(clusters.get(count - n).from(), end))
                    .toList();
        };
    }

    /** The anti-curriculum: stage n draws from the n clusters of lowest noise. */
    static StageOrder hardToEasy() {
        return clusters -> clusters.stream()
                .map(cluster -> new TimestepRange(clusters.getFirst().from(), cluster.to()))
                .toList();
    }

    /** Ordinary training: one stage that draws from all clusters. */
    static StageOrder none() {
        return clusters -> List.of(
                new TimestepRange(clusters.getFirst().from(), clusters.getLast().to()));
    }
}
