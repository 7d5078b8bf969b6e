package dev.gradus.diffusion.experiment;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.FolderLock;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.TrainResult;
import dev.gradus.diffusion.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Trains every arm of a plan with every seed, and scores the checkpoints.
 *
 * <pre>
 * plan.json                  what is compared; its presence marks the folder as an experiment
 * runs/ARM/seed-N/           the training runs
 * scores/ARM/seed-N.jsonl    the scores of each
 * results.csv, results.json, summary.md, METRIC.png, loss.png    see {@link ExperimentResult#write}
 * </pre>
 */
public final class Experiment {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Of {@code plan.json}; one without a format is of the first. */
    private static final int FORMAT = 1;

    /**
     * What may differ between the configuration of an arm and the one it is gone on with, for it changes no score; when
     * checkpoints are written follows from the scoring.
     */
    private static final Set<String> MAY_DIFFER = Set.of(
            "device", "threads", "logEvery", "sampleEvery", "checkpoint", "divergence", "data.path", "data.workers");

    private final ExperimentPlan plan;
    private final Path folder;
    private final ExperimentListener listener;
    private final Function<TrainConfig, String> configText;
    private volatile boolean stopRequested;
    private volatile Trainer trainer;

    /**
     * @param configText the text of a run's {@code config.yaml}
     * @throws RunFolderException if the folder holds something else, or an experiment whose arms or scoring differ; seeds and
     *     arms may be added, which is not another experiment
     */
    public Experiment(
            ExperimentPlan plan, Path folder, ExperimentListener listener, Function<TrainConfig, String> configText)
            throws IOException {
        this.plan = plan;
        this.folder = folder;
        this.listener = listener;
        this.configText = configText;
        check();
    }

    private void check() throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new RunFolderException(folder + " is a file, not a folder for an experiment; choose another one");
        }
        Path file = folder.resolve("plan.json");
        if (!Files.isRegularFile(file)) {
            try (var entries = Files.list(folder)) {
                if (entries.anyMatch(Experiment::isForeign)) {
                    throw new RunFolderException("folder " + folder
                            + " is not empty and has no plan.json, so it is no experiment; choose another one");
                }
            }
            return;
        }
        JsonNode saved = read(file);
        ObjectNode here = describe();
        Optional<String> difference = ConfigJson.difference(saved.path("scoring"), here.path("scoring"), Set.of());
        for (ExperimentPlan.Arm arm : plan.arms()) {
            JsonNode there = saved.path("arms").path(arm.name());
            if (difference.isEmpty() && !there.isMissingNode()) {
                difference = ConfigJson.difference(
                                ConfigJson.complete(there), here.path("arms").path(arm.name()), MAY_DIFFER)
                        .map(text -> "arm " + arm.name() + ": " + text);
            }
        }
        if (difference.isPresent()) {
            throw new RunFolderException("folder " + folder + " holds another experiment: " + difference.get()
                    + "; nothing was changed; choose another folder, or the same plan");
        }
    }

    /** Whether it is none of what may be there before the plan. */
    private static boolean isForeign(Path entry) {
        return !entry.getFileName().toString().equals(FolderLock.FILE) && !AtomicFiles.isTemporary(entry);
    }

    private static JsonNode read(Path file) throws IOException {
        JsonNode saved;
        try {
            saved = JSON.readTree(file.toFile());
        } catch (JacksonException e) {
            throw new RunFolderException(
                    file + " is not the plan of an experiment: " + e.getOriginalMessage()
                            + "; nothing was changed; choose another folder",
                    e);
        }
        int format = saved.path("format").asInt(FORMAT);
        if (format != FORMAT) {
            throw new RunFolderException(file + " has the format " + format + ", and this version of Gradus reads the"
                    + " format " + FORMAT + "; go on with the version that wrote it, or choose another folder");
        }
        return saved;
    }

    private ObjectNode describe() {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("name", plan.name());
        json.put("baseline", plan.baseline());
        ObjectNode scoring = json.putObject("scoring");
        scoring.put("every", plan.scoring().every());
        scoring.put("count", plan.scoring().count());
        scoring.put("seed", plan.scoring().seed());
        plan.scoring().metrics().stream().map(Metric::key).forEach(scoring.putArray("metrics")::add);
        plan.seeds().forEach(json.putArray("seeds")::add);
        ObjectNode arms = json.putObject("arms");
        for (ExperimentPlan.Arm arm : plan.arms()) {
            arms.set(arm.name(), ConfigJson.of(plan.config(arm, 0)));
        }
        return json;
    }

    private Path run(ExperimentPlan.Arm arm, long seed) {
        return folder.resolve("runs").resolve(arm.name()).resolve("seed-" + seed);
    }

    private ScoreFile scores(ExperimentPlan.Arm arm, long seed) {
        return new ScoreFile(folder.resolve("scores").resolve(arm.name()).resolve("seed-" + seed + ".jsonl"));
    }

    /**
     * Does what is left to do, seed by seed, so that the arms can be compared early.
     *
     * @return the results; empty if it was stopped before
     * @throws RunFolderException if another process works on the folder
     * @throws IOException if a run fails; what was done is kept
     */
    public Optional<ExperimentResult> run(Scorer scorer) throws IOException {
        Files.createDirectories(folder);
        try (FolderLock _ = FolderLock.take(folder)
                .orElseThrow(() -> new RunFolderException("another process works on the experiment in folder " + folder
                        + "; wait for it to end, or choose another folder"))) {
            byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(describe());
            AtomicFiles.file(folder.resolve("plan.json"), temporary -> Files.write(temporary, text));
            return runAll(scorer) ? Optional.of(results()) : Optional.empty();
        }
    }

    /** Whether all came to its end. */
    private boolean runAll(Scorer scorer) throws IOException {
        int number = 0;
        int runs = plan.arms().size() * plan.seeds().size();
        for (long seed : plan.seeds()) {
            for (ExperimentPlan.Arm arm : plan.arms()) {
                listener.runStarted(arm.name(), seed, ++number, runs);
                if (!train(arm, seed) || !score(arm, seed, scorer)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** What there is so far: of runs that are not finished, the part that was scored. */
    public ExperimentResult results() throws IOException {
        ExperimentResult result = new ExperimentResult(plan);
        for (ExperimentPlan.Arm arm : plan.arms()) {
            for (long seed : plan.seeds()) {
                for (Map.Entry<Long, JsonNode> line : scores(arm, seed).read().entrySet()) {
                    result.add(arm.name(), seed, line.getKey(), line.getValue());
                }
                result.addLosses(arm.name(), seed, run(arm, seed).resolve("metrics.jsonl"));
            }
        }
        return result;
    }

    /** Whether the run came to its end. */
    private boolean train(ExperimentPlan.Arm arm, long seed) throws IOException {
        TrainConfig config = plan.config(arm, seed);
        Trainer next = new Trainer(config, run(arm, seed), listener.training());
        next.configText(configText.apply(config));
        trainer = next;
        if (stopRequested) {
            return false;
        }
        return next.run().outcome() != TrainResult.Outcome.INTERRUPTED;
    }

    private boolean score(ExperimentPlan.Arm arm, long seed, Scorer scorer) throws IOException {
        TrainConfig config = plan.config(arm, seed);
        RunFolder run = RunFolder.existing(run(arm, seed));
        ScoreFile file = scores(arm, seed);
        Map<Long, JsonNode> done = file.read();
        for (long step = plan.scoring().every();
                step <= config.steps();
                step += plan.scoring().every()) {
            if (stopRequested) {
                return false;
            }
            if (!done.containsKey(step)) {
                Evaluation evaluation =
                        scorer.score(config, run.checkpoint(step).resolve("ema"));
                file.add(step, evaluation);
                listener.scored(arm.name(), seed, step, evaluation);
            }
        }
        return true;
    }

    /** Asks {@link #run} to stop soon, with everything kept. From any thread. */
    public void requestStop() {
        stopRequested = true;
        Trainer current = trainer;
        if (current != null) {
            current.requestStop();
        }
    }
}
