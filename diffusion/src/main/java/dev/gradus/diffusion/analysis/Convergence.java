package dev.gradus.diffusion.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.TimestepRange;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.TrainResult;
import dev.gradus.diffusion.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * How fast each cluster of noise levels is learnt: one fresh model for each cluster and seed, trained on this cluster alone
 * (Kim et al., arXiv 2403.10348, section 4.1).
 *
 * <p>All goes into one folder: {@code plan.json}, and for each model {@code cluster-NN-seed-K/} with its validation curve
 * and the folder {@code run/} of its training. Stopped or killed at any point, the same call goes on; models that are
 * finished are not trained again.
 */
public final class Convergence {
    private static final JsonMapper JSON = new JsonMapper();

    private final ConvergencePlan plan;
    private final Path folder;
    private final ConvergenceListener listener;

    private volatile boolean stopRequested;
    private volatile Trainer running;

    /**
     * Checks that the folder can be used, and changes nothing.
     *
     * @throws RunFolderException if it holds something else, or a study with another plan; only the seeds, the tolerance and
     *     what does not change the result may differ
     */
    public Convergence(ConvergencePlan plan, Path folder, ConvergenceListener listener) throws IOException {
        this.plan = plan;
        this.folder = folder.toAbsolutePath();
        this.listener = listener;
        checkFolder();
    }

    private void checkFolder() throws IOException {
        Path saved = folder.resolve("plan.json");
        if (Files.exists(saved)) {
            JsonNode there = JSON.readTree(saved.toFile());
            Optional<String> difference = ConfigJson.difference(ConfigJson.complete(there), plan.identity(), Set.of());
            if (difference.isPresent()) {
                throw new RunFolderException("folder " + folder + " holds a study with another plan: "
                        + difference.get() + "; nothing was changed; choose another folder, or the same plan");
            }
        } else if (Files.exists(folder)) {
            try (var entries = Files.list(folder)) {
                if (entries.anyMatch(entry -> !AtomicFiles.isTemporary(entry))) {
                    throw new RunFolderException("folder " + folder
                            + " is not empty and has no plan.json, so it is not such a study; choose another folder");
                }
            }
        }
    }

    /**
     * Trains what is not trained yet. Blocks; call once.
     *
     * @return the result; empty if it was stopped
     * @throws IOException if data cannot be read or the folder cannot be written
     */
    public Optional<ConvergenceResult> run() throws IOException {
        Files.createDirectories(folder);
        String identity = plan.identity().toPrettyString() + "\n";
        AtomicFiles.file(folder.resolve("plan.json"), file -> Files.writeString(file, identity));
        List<TimestepRange> clusters = plan.clusters();
        List<List<ValidationCurve>> curves = new ArrayList<>();
        clusters.forEach(cluster -> curves.add(new ArrayList<>()));
        for (int seed = 0; seed < plan.seeds(); seed++) {
            for (int cluster = 0; cluster < clusters.size(); cluster++) {
                Optional<ValidationCurve> curve = curve(cluster, clusters, seed);
                if (curve.isEmpty()) {
                    return Optional.empty();
                }
                curves.get(cluster).add(curve.get());
            }
        }
        return Optional.of(new ConvergenceResult(plan, clusters, curves));
    }

    /** Whether a folder is that of a study. */
    public static boolean isStudy(Path folder) {
        return Files.isRegularFile(folder.resolve("plan.json"));
    }

    /** The folders of all trainings in a study whose checkpoints were kept, in the order of clusters and seeds. */
    public static List<Path> runFolders(Path folder) throws IOException {
        try (var models = Files.list(folder)) {
            return models.map(model -> model.resolve("run"))
                    .filter(run -> Files.isRegularFile(run.resolve("config.yaml")))
                    .sorted()
                    .toList();
        }
    }

    private static Path runFolder(Path folder, int cluster, int seed) {
        return modelFolder(folder, cluster, seed).resolve("run");
    }

    private static Path modelFolder(Path folder, int cluster, int seed) {
        return folder.resolve(String.format(Locale.ROOT, "cluster-%02d-seed-%d", cluster, seed));
    }

    private Optional<ValidationCurve> curve(int cluster, List<TimestepRange> clusters, int seed) throws IOException {
        Path model = modelFolder(folder, cluster, seed);
        Path file = model.resolve("validation.json");
        Optional<ValidationCurve> finished = ValidationProbe.finished(file);
        if (finished.isPresent()) {
            return finished;
        }
        TrainConfig config = plan.configOf(cluster, seed);
        int number = seed * clusters.size() + cluster + 1;
        listener.modelStarted(number, plan.seeds() * clusters.size(), cluster, clusters.get(cluster), config.seed());
        Files.createDirectories(model);
        ValidationProbe probe = new ValidationProbe(file, plan, config);
        Trainer trainer = new Trainer(config, runFolder(folder, cluster, seed), listener);
        trainer.probe(probe);
        running = trainer;
        if (stopRequested) {
            return Optional.empty();
        }
        TrainResult result = trainer.run();
        running = null;
        if (result.outcome() == TrainResult.Outcome.INTERRUPTED) {
            return Optional.empty();
        }
        probe.finish();
        if (seed >= plan.keep()) {
            AtomicFiles.delete(runFolder(folder, cluster, seed));
        }
        return ValidationProbe.finished(file);
    }

    /** Asks {@link #run} to write a checkpoint and return. From any thread, any number of times. */
    public void requestStop() {
        stopRequested = true;
        Trainer trainer = running;
        if (trainer != null) {
            trainer.requestStop();
        }
    }
}
