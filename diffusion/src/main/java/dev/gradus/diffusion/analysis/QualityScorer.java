package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.eval.EvaluationProgress;
import dev.gradus.diffusion.eval.Evaluator;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Draws images by a full model with an expert in its interval, always from the same noise, and scores them.
 *
 * @param evaluator with the reference; borrowed
 * @param metric what is measured
 * @param features the name of its features
 * @param count images of each score
 * @param seed of the noise
 * @param device where images are drawn
 */
public record QualityScorer(Evaluator evaluator, Metric metric, String features, long count, long seed, Device device) {
    private static final int BATCH = 64;

    /** The metric with its features. */
    String name() {
        return metric.label() + "(" + features + ")";
    }

    /**
     * All that determines a score, but the models.
     *
     * @param config of the full model
     */
    ObjectNode identity(TrainConfig config) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("metric", name())
                .put("images", count)
                .put("seed", seed);
        json.set("sampling", ConfigJson.of(config).path("sampling"));
        return json;
    }

    /**
     * One score.
     *
     * @param fullModel a checkpoint
     * @param expert null: the full model alone
     * @param checkpoint the expert's; null: as it is before training
     */
    double score(Path fullModel, TrainConfig config, Expert expert, Path checkpoint) throws IOException {
        try (ImageGenerator full = ImageGenerator.open(config, fullModel.resolve("ema"), device);
                ImageGenerator part = expert == null ? null : open(expert, checkpoint)) {
            long[] drawn = {0};
            Evaluation evaluation = evaluator.evaluate(
                    most -> {
                        int size = (int) Math.min(most, BATCH);
                        long first = drawn[0];
                        drawn[0] += size;
                        return part == null
                                ? full.draw(config.sampling(), seed, first, size)
                                : draw(config.sampling(), full, part, expert.range(), first, size);
                    },
                    count,
                    seed,
                    EvaluationProgress.NONE);
            return evaluation.score(metric).orElseThrow().value();
        }
    }

    private ImageGenerator open(Expert expert, Path checkpoint) throws IOException {
        return checkpoint == null
                ? ImageGenerator.untrained(expert.config(), device)
                : ImageGenerator.open(expert.config(), checkpoint.resolve("model"), device);
    }

    /** From the same noise as the full model alone. */
    private Tensor draw(
            SamplingConfig sampling,
            ImageGenerator full,
            ImageGenerator part,
            TimestepRange range,
            long first,
            int size) {
        try (TensorScope scope = TensorScope.open();
                Generator generator = Generator.on(device, seed + first)) {
            Denoiser denoiser = new SwitchingDenoiser(
                    range,
                    full.schedule().tMax(),
                    part.denoiser(sampling, part.inTurn(first, size), "", size),
                    full.denoiser(sampling, full.inTurn(first, size), "", size));
            Tensor noise = full.noise(seed, first, size).to(device);
            return scope.promote(Sampler.of(sampling, full.schedule()).sample(denoiser, noise, generator));
        }
    }
}
