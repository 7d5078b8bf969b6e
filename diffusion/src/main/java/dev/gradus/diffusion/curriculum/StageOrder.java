package dev.gradus.diffusion.curriculum;

import dev.gradus.diffusion.config.CurriculumConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Which clusters are drawn in each stage. */
@FunctionalInterface
public interface StageOrder {
    /**
     * The order in which the clusters are trained.
     *
     * @param clusters the clusters from the lowest noise to the highest
     */
    List<TimestepRange> order(List<TimestepRange> clusters);

    /** The paper's order: the clusters of highest noise are the easiest and come first. */
    static StageOrder easyToHard() {
        return List::reversed;
    }

    /** The anti-curriculum: the clusters of lowest noise come first. */
    static StageOrder hardToEasy() {
        return clusters -> clusters;
    }

    /** Any order, as the seed has it. */
    static StageOrder random(long seed) {
        return clusters -> {
            List<TimestepRange> shuffled = new ArrayList<>(clusters);
            Collections.shuffle(shuffled, new Random(seed));
            return shuffled;
        };
    }

    /** Stage n draws from the first n clusters of the order, so that the last stage draws from all: the paper's curriculum. */
    default List<TimestepSet> cumulative(List<TimestepRange> clusters) {
        List<TimestepRange> order = order(clusters);
        List<TimestepSet> stages = new ArrayList<>();
        for (int n = 1; n <= order.size(); n++) {
            stages.add(new TimestepSet(order.subList(0, n)));
        }
        return stages;
    }

    /** Stage n draws from the nth cluster of the order alone, and one more stage from all: the paper's naive curriculum. */
    default List<TimestepSet> oneByOne(List<TimestepRange> clusters) {
        List<TimestepSet> stages = new ArrayList<>();
        for (TimestepRange cluster : order(clusters)) {
            stages.add(new TimestepSet(List.of(cluster)));
        }
        if (clusters.size() > 1) {
            stages.add(new TimestepSet(clusters));
        }
        return stages;
    }

    /** The stages that a configuration describes. */
    static List<TimestepSet> stages(CurriculumConfig config, List<TimestepRange> clusters, long seed) {
        if (config.only() != null) {
            return List.of(new TimestepSet(List.of(clusters.get(config.only()))));
        }
        StageOrder order = switch (config.order()) {
            case EASY_TO_HARD -> easyToHard();
            case HARD_TO_EASY -> hardToEasy();
            case RANDOM -> random(seed);
            case NONE -> null;
        };
        if (order == null) {
            return List.of(new TimestepSet(clusters));
        }
        return config.cumulative() ? order.cumulative(clusters) : order.oneByOne(clusters);
    }
}
