package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Clustering;
import dev.gradus.diffusion.curriculum.NoiseDistribution;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.nio.file.Path;

/**
 * A model that was trained on one cluster of noise levels only.
 *
 * @param folder of its run
 * @param config of its run, with {@code curriculum.only}
 */
public record Expert(Path folder, TrainConfig config) {
    public Expert {
        if (config.curriculum().only() == null) {
            throw new ConfigException(
                    "curriculum.only", "must be the cluster that the expert in " + folder + " was trained on, is null");
        }
    }

    /** From 0 for the least noise. */
    public int cluster() {
        return config.curriculum().only();
    }

    /** The times that it was trained on. */
    public TimestepRange range() {
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        return Clustering.of(config.curriculum())
                .clusters(schedule, NoiseDistribution.of(config.noise(), schedule))
                .get(cluster());
    }
}
