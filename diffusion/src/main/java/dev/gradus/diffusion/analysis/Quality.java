package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How fast each cluster's task is learnt as far as images tell: a partly trained expert of the cluster takes the place of a
 * fully trained model in its interval, images are drawn and scored, for each of the expert's checkpoints (Kim et al., arXiv
 * 2403.10348, section 4.1).
 *
 * <p>Scores go into {@code scores.json} in the folder as they come. Stopped or killed at any point, the same call goes on.
 */
public final class Quality {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path fullModel;
    private final TrainConfig config;
    private final List<Expert> experts;
    private final QualityScorer scorer;
    private final Path file;
    private final List<QualityPoint> points = new ArrayList<>();

    /**
     * @param fullModel the newest checkpoint of the fully trained run
     * @param config of that run; its sampling settings are used
     * @param experts with the same model, schedule and objective
     * @param scorer draws and scores
     * @param folder for {@code scores.json}
     * @throws ConfigException if an expert does not fit the full model
     * @throws RunFolderException if the folder holds scores of other images
     */
    public Quality(Path fullModel, TrainConfig config, List<Expert> experts, QualityScorer scorer, Path folder)
            throws IOException {
        this.fullModel = fullModel;
        this.config = config;
        this.experts = List.copyOf(experts);
        this.scorer = scorer;
        this.file = folder.toAbsolutePath().resolve("scores.json");
        this.experts.forEach(this::checkFits);
        readScores();
    }

    private void checkFits(Expert expert) {
        for (String key : List.of("model", "schedule", "objective")) {
            JsonNode ours = ConfigJson.of(config).path(key);
            JsonNode theirs = ConfigJson.of(expert.config()).path(key);
            if (!ours.equals(theirs)) {
                throw new ConfigException(
                        key,
                        "is " + theirs + " in the expert " + expert.folder() + ", but " + ours + " in the full model");
            }
        }
    }

    private ObjectNode identity() {
        return scorer.identity(config)
                .put("fullModel", fullModel.toAbsolutePath().toString());
    }

    private void readScores() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        JsonNode json = JSON.readTree(file.toFile());
        Optional<String> difference = ConfigJson.difference(json.path("identity"), identity(), Set.of());
        if (difference.isPresent()) {
            throw new RunFolderException(
                    file + " holds scores of other images: " + difference.get() + "; choose another folder");
        }
        for (JsonNode point : json.path("scores")) {
            points.add(new QualityPoint(
                    point.path("cluster").asInt(),
                    point.path("seed").asLong(),
                    point.path("step").asLong(),
                    point.path("score").asDouble()));
        }
    }

    /**
     * Scores what is not scored yet.
     *
     * @param listener hears how many scores are done; what it throws ends the work, and the scores so far are kept
     */
    public QualityResult run(AnalysisListener listener) throws IOException {
        Files.createDirectories(file.getParent());
        Map<Integer, TimestepRange> ranges = new TreeMap<>();
        List<QualityPoint> wanted = new ArrayList<>();
        long total = 1;
        for (Expert expert : experts) {
            ranges.put(expert.cluster(), expert.range());
            total += 1 + RunFolder.existing(expert.folder()).checkpoints().size();
        }
        long done = 0;
        wanted.add(score(QualityPoint.FULL_MODEL, 0, 0, null, null));
        listener.update("Scoring images", ++done, total);
        for (Expert expert : experts) {
            long seed = expert.config().seed();
            if (expert.config().model().crossAttentionDim() == null) {
                wanted.add(score(expert.cluster(), seed, 0, expert, null));
            }
            listener.update("Scoring images", ++done, total);
            for (Path checkpoint : RunFolder.existing(expert.folder()).checkpoints()) {
                wanted.add(score(expert.cluster(), seed, RunFolder.stepOf(checkpoint), expert, checkpoint));
                listener.update("Scoring images", ++done, total);
            }
        }
        return new QualityResult(scorer.name(), scorer.count(), ranges, wanted);
    }

    /** From the file, or measured and put there. */
    private QualityPoint score(int cluster, long seed, long step, Expert expert, Path checkpoint) throws IOException {
        for (QualityPoint point : points) {
            if (point.cluster() == cluster && point.seed() == seed && point.step() == step) {
                return point;
            }
        }
        double score = scorer.score(fullModel, config, expert, checkpoint);
        QualityPoint point = new QualityPoint(cluster, seed, step, score);
        points.add(point);
        ObjectNode json = JSON.createObjectNode();
        json.set("identity", identity());
        ArrayNode scores = json.putArray("scores");
        for (QualityPoint scored : points) {
            scores.addObject()
                    .put("cluster", scored.cluster())
                    .put("seed", scored.seed())
                    .put("step", scored.step())
                    .put("score", scored.score());
        }
        AtomicFiles.file(file, target -> JSON.writerWithDefaultPrettyPrinter().writeValue(target.toFile(), json));
        return point;
    }
}
