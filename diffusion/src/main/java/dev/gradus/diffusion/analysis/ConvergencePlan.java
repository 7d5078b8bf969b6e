package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Clustering;
import dev.gradus.diffusion.curriculum.NoiseDistribution;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a {@link Convergence} study trains: a fresh model for every cluster of noise levels and every seed.
 *
 * @param config the training, with the clusters; its steps are those of each model
 * @param seeds how many seeds; seed k is the configuration's seed plus k, for every cluster the same
 * @param evaluations at about how many steps the loss is measured, more closely at the begin
 * @param validationImages how many images, the last ones of the data set, are held out to measure the loss on
 * @param tolerance when a loss has converged, as a part of what it falls in all
 * @param checkpoints how many checkpoints each model writes, evenly over its training
 * @param keep of how many seeds the checkpoints are kept when their model is finished
 */
public record ConvergencePlan(
        TrainConfig config,
        int seeds,
        int evaluations,
        int validationImages,
        double tolerance,
        int checkpoints,
        int keep) {
    public ConvergencePlan {
        atLeast("seeds", seeds, 1);
        atLeast("evaluations", evaluations, 2);
        atLeast("validationImages", validationImages, 1);
        atLeast("checkpoints", checkpoints, 1);
        atLeast("keep", keep, 0);
        if (!(tolerance > 0 && tolerance < 1)) {
            throw new ConfigException("tolerance", "must lie between 0 and 1, is " + tolerance);
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new ConfigException(name, "must be at least " + least + ", is " + value);
        }
    }

    /** The clusters from the least noise to the most. */
    public List<TimestepRange> clusters() {
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        return Clustering.of(config.curriculum()).clusters(schedule, NoiseDistribution.of(config.noise(), schedule));
    }

    /** The configuration of one model. */
    TrainConfig configOf(int cluster, int seed) {
        return config.with("curriculum.only", cluster)
                .with("seed", config.seed() + seed)
                .with("sampleEvery", 0)
                .with("checkpoint.every", Math.max(1, config.steps() / checkpoints))
                .with("checkpoint.keepLast", 0)
                .with("sampling.count", 1)
                .with("sampling.steps", 1);
    }

    /** The steps after which the loss is measured: 0, the last one, and between them in growing distances. */
    long[] evaluatedSteps() {
        return IntStream.rangeClosed(0, evaluations)
                .mapToLong(i -> i == 0 ? 0 : Math.round(Math.pow(config.steps(), (i - 1.0) / (evaluations - 1))))
                .distinct()
                .toArray();
    }

    /** What must be the same when a study is gone on with. */
    ObjectNode identity() {
        ObjectNode json = ConfigJson.of(config);
        for (String key : List.of("device", "threads", "logEvery", "sampleEvery", "checkpoint", "sampling")) {
            json.remove(key);
        }
        ((ObjectNode) json.path("data")).remove(List.of("path", "workers"));
        json.put("evaluations", evaluations);
        json.put("validationImages", validationImages);
        return json;
    }
}
