package dev.gradus.cli;

import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Checks paths given as options before any work is begun; a null path was not given and passes. */
final class Arguments {
    private static final Pattern OTHER_PICTURE = Pattern.compile("(?i)\\.(bmp|gif|jpe?g|pdf|svg|tiff?|webp)$");

    private Arguments() {}

    static void requireFolder(String option, Path path) {
        if (path != null && !Files.isDirectory(path)) {
            throw new UsageException(
                    option + ": " + (Files.exists(path) ? path + " is not a folder" : "there is no folder " + path));
        }
    }

    /** The folder of a run, to read from it. */
    static RunFolder runFolder(String option, Path path) throws IOException {
        requireFolder(option, path);
        try {
            return RunFolder.existing(path);
        } catch (RunFolderException e) {
            throw new UsageException(option + ": " + e.getMessage(), e);
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

    /** A picture that can be made or replaced: PNG, so its name must not say that it is something else. */
    static void requirePicture(String option, Path path) {
        requireWritable(option, path);
        if (OTHER_PICTURE.matcher(path.toString()).find()) {
            throw new UsageException(
                    option + ": pictures are written as PNG; let the name end in .png, not as in " + path);
        }
    }
}
