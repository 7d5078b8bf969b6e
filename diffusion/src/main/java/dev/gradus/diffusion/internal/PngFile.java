package dev.gradus.diffusion.internal;

import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures as PNG files. */
public final class PngFile {
    private PngFile() {}

    /** Makes or replaces {@code file}, which has the whole picture or what it had before. */
    public static void write(Path file, BufferedImage picture) throws IOException {
        AtomicFiles.file(file.toAbsolutePath(), temporary -> {
            // Given a file, ImageIO hides why it cannot be written, and prints a stack trace.
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                if (!ImageIO.write(picture, "png", out)) {
                    throw new IOException("this Java installation cannot write PNG files");
                }
            }
        });
    }
}
