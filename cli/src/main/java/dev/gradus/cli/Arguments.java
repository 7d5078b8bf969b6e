package dev.gradus.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Checks paths given as options before any work is begun; a null path was not given and passes. */
final class Arguments {
    private Arguments() {}

    static void requireFolder(String option, Path path) {
        if (path != null && !Files.isDirectory(path)) {
            throw new UsageException(
                    option + ": " + (Files.exists(path) ? path + " is not a folder" : "there is no folder " + path));
        }
    }

    static void requireFile(String option, Path path) {
        if (path != null && !Files.isRegularFile(path)) {
            throw new UsageException(
                    option + ": " + (Files.exists(path) ? path + " is not a file" : "there is no file " + path));
        }
    }

    /** A file that can be made or replaced. */
    static void requireWritable(String option, Path path) {
        if (path == null) {
            return;
        }
        Path folder = path.toAbsolutePath().normalize().getParent();
        if (Files.isDirectory(path) || folder == null) {
            throw new UsageException(option + ": " + path + " is a folder; name a file");
        }
        if (!Files.isDirectory(folder)) {
            throw new UsageException(option + ": there is no folder " + folder);
        }
        if (!Files.isWritable(folder)) {
            throw new UsageException(option + ": no permission to write into " + folder);
        }
    }
}
