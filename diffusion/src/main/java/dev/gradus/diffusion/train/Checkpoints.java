package dev.gradus.diffusion.train;

import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes checkpoints so that a failure costs the new one only. */
final class Checkpoints {
    private Checkpoints() {}

    /**
     * Writes a checkpoint to a temporary folder and renames it to {@code target}.
     *
     * @throws RunFolderException if it cannot be written, for example because the disk is full; older ones are untouched
     */
    static void write(Path target, AtomicFiles.Writer writer) throws IOException {
        try {
            AtomicFiles.folder(target, writer);
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
            return failure.getMessage() + " (" + (free >> 20) + " MiB are free there)";
        } catch (IOException e) {
            return failure.getMessage();
        }
    }
}
