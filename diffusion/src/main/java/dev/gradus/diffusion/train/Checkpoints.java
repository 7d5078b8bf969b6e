package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.config.CheckpointConfig;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes checkpoints so that a failure costs the new one only, and deletes those that are not to be kept. */
final class Checkpoints {
    private Checkpoints() {}

    /**
     * Writes a checkpoint and its checksums to a temporary folder and renames it to {@code target}.
     *
     * @throws RunFolderException if it cannot be written, for example because the disk is full; older ones are untouched
     */
    static void write(Path target, AtomicFiles.Writer writer) throws IOException {
        try {
            AtomicFiles.folder(target, folder -> {
                writer.write(folder);
                Checksums.write(folder);
            });
        } catch (IOException | InternalError e) {
            // InternalError is what mapped memory throws when the disk behind it is full.
            throw new RunFolderException(
                    "checkpoint " + target + " could not be written: " + reason(target, e)
                            + "; the checkpoints before it are untouched, and the same command goes on from the newest",
                    e);
        }
    }

    private static String reason(Path target, Throwable failure) {
        try {
            long free = Files.getFileStore(target.getParent()).getUsableSpace();
            return FileErrors.reason(failure) + " (" + (free >> 20) + " MiB are free there)";
        } catch (IOException e) {
            return FileErrors.reason(failure);
        }
    }

    /**
     * Deletes the checkpoints that {@code config} does not keep.
     *
     * @param all complete checkpoints, in the order of their steps
     */
    static void prune(List<Path> all, CheckpointConfig config) throws IOException {
        if (config.keepLast() == 0) {
            return;
        }
        Set<Path> kept = new HashSet<>(all.subList(Math.max(0, all.size() - config.keepLast()), all.size()));
        for (Path checkpoint : all) {
            if (config.keepEvery() > 0 && RunFolder.stepOf(checkpoint) % config.keepEvery() == 0) {
                kept.add(checkpoint);
            }
        }
        if (config.keepBest() > 0) {
            kept.addAll(best(all, config.keepBest()));
        }
        for (Path checkpoint : all) {
            if (!kept.contains(checkpoint)) {
                // Renamed first: whatever carries the name of a checkpoint is complete, even if this is cut short.
                Path temporary = AtomicFiles.temporary(checkpoint);
                AtomicFiles.delete(temporary);
                Files.move(checkpoint, temporary, StandardCopyOption.ATOMIC_MOVE);
                AtomicFiles.delete(temporary);
            }
        }
    }

    private record Scored(Path checkpoint, int stage, double score) {}

    private static List<Path> best(List<Path> all, int count) throws IOException {
        List<Scored> scored = all.stream().map(Checkpoints::score).toList();
        int stage = scored.stream().mapToInt(Scored::stage).max().orElse(0);
        return scored.stream()
                .filter(one -> one.stage() == stage && Double.isFinite(one.score()))
                .sorted(Comparator.comparingDouble(Scored::score))
                .limit(count)
                .map(Scored::checkpoint)
                .toList();
    }

    /** One that cannot be read is not among the best; it is for the next resume to say so. */
    private static Scored score(Path checkpoint) {
        try {
            JsonNode state = TrainingState.readJson(checkpoint);
            return new Scored(
                    checkpoint, state.path("stage").asInt(), state.path("score").asDouble(Double.NaN));
        } catch (IOException e) {
            return new Scored(checkpoint, 0, Double.NaN);
        }
    }
}
