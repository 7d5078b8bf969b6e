package dev.gradus.diffusion.curriculum;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Cuts the times into clusters, the tasks that the curriculum orders. */
@FunctionalInterface
public interface Clustering {
    /**
     * Clusters that cover the axis of t without gap or overlap, from the lowest noise to the highest.
     *
     * @param distribution what ordinary training draws
     * @throws IllegalArgumentException if there are fewer timesteps than clusters
     */
    List<TimestepRange> clusters(NoiseSchedule schedule, NoiseDistribution distribution);

    /**
     * {@code count} intervals of equal length in t; on EDM's schedule that is in ln sigma. Where the count does not divide the
     * timesteps of a discrete schedule, lengths differ by one: cluster i is [floor(i T / N), floor((i + 1) T / N)).
     */
    static Clustering uniform(int count) {
        requireCount(count);
        return (schedule, distribution) -> cut(
                schedule,
                distribution,
                count,
                i -> schedule.isDiscrete()
                        ? Math.floor(i * schedule.timesteps() / count)
                        : distribution.from() + i * (distribution.to() - distribution.from()) / count);
    }

    /**
     * {@code count} intervals of equal mass: each is drawn equally often by ordinary training (EDM: quantiles of ln sigma;
     * flow matching: of t), as in section 4.2 of the paper. A discrete schedule is cut into equal lengths of log-SNR
     * instead, because equal mass is {@link #uniform} there; each cluster has at least one timestep.
     */
    static Clustering snr(int count) {
        requireCount(count);
        return (schedule, distribution) -> {
            if (!schedule.isDiscrete()) {
                return cut(schedule, distribution, count, i -> distribution.quantile(i / count));
            }
            double most = schedule.at(schedule.tMin()).logSnr();
            double least = schedule.at(schedule.tMax()).logSnr();
            return cut(
                    schedule,
                    distribution,
                    count,
                    i -> Math.rint(schedule.timeOf(most + (least - most) * i / count) + 0.5));
        };
    }

    /**
     * {@code count} intervals that carry the same measured difficulty each (not in the paper). Difficulty is spread evenly
     * within each interval that was measured.
     */
    static Clustering difficulty(Difficulty difficulty, int count) {
        requireCount(count);
        return (schedule, distribution) -> {
            Difficulty over = difficulty.over(distribution.from(), distribution.to());
            return cut(schedule, distribution, count, i -> {
                double place = over.quantile(i / count);
                return schedule.isDiscrete() ? Math.rint(place) : place;
            });
        };
    }

    /** Clusters between the boundaries 0 to {@code count}; on a discrete schedule moved so that none is empty. */
    private static List<TimestepRange> cut(
            NoiseSchedule schedule, NoiseDistribution distribution, int count, DoubleUnaryOperator boundary) {
        if (schedule.isDiscrete() && schedule.timesteps() < count) {
            throw new IllegalArgumentException(
                    count + " clusters do not fit into " + schedule.timesteps() + " timesteps");
        }
        List<TimestepRange> clusters = new ArrayList<>();
        double from = distribution.from();
        for (int i = 1; i <= count; i++) {
            double to = i == count ? distribution.to() : boundary.applyAsDouble(i);
            if (schedule.isDiscrete()) {
                to = Math.clamp(to, from + 1, distribution.to() - (count - i));
            }
            clusters.add(new TimestepRange(from, to));
            from = to;
        }
        return List.copyOf(clusters);
    }

    private static void requireCount(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("there must be at least 1 cluster, not " + count);
        }
    }

    /** The clustering that a configuration describes. */
    static Clustering of(CurriculumConfig config) {
        return switch (config.clustering()) {
            case UNIFORM -> uniform(config.clusters());
            case SNR -> snr(config.clusters());
            case DIFFICULTY -> difficulty(Difficulty.read(Path.of(config.difficulty())), config.clusters());
        };
    }
}
