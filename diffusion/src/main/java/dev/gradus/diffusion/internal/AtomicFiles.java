package dev.gradus.diffusion.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Files and folders that appear complete or not at all: written under a temporary name beside the target, fsynced, then
 * renamed. After a failure the temporary one is deleted and the target is as it was.
 */
public final class AtomicFiles {
    private static final String SUFFIX = ".tmp";

    private AtomicFiles() {}

    /** Writes what goes into a file or folder whose path it gets. */
    @FunctionalInterface
    public interface Writer {
        void write(Path path) throws IOException;
    }

    /** Replaces or makes the file {@code target}. */
    public static void file(Path target, Writer writer) throws IOException {
        put(target, temporary -> {
            writer.write(temporary);
            sync(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        });
    }

    /** Makes the folder {@code target}, which must not exist or be empty. */
    public static void folder(Path target, Writer writer) throws IOException {
        put(target, temporary -> {
            Files.createDirectory(temporary);
            writer.write(temporary);
            syncTree(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        });
    }

    private static void put(Path target, Writer writer) throws IOException {
        Path temporary = temporary(target);
        delete(temporary);
        try {
            writer.write(temporary);
        } catch (Throwable e) {
            // Errors too: writing through mapped memory to a full disk ends in one.
            deleteAfter(e, temporary);
            throw e;
        }
        sync(target.toAbsolutePath().getParent());
    }

    /** The name under which {@code target} is written, and under which it can be deleted without being seen half-deleted. */
    public static Path temporary(Path target) {
        return target.resolveSibling("." + target.getFileName() + SUFFIX);
    }

    /** Deletes the temporary files and folders that a killed process left in {@code folder}. */
    public static void deleteLeftovers(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, AtomicFiles::isTemporary)) {
            for (Path leftover : leftovers) {
                delete(leftover);
            }
        }
    }

    public static boolean isTemporary(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(".") && name.endsWith(SUFFIX);
    }

    /** Deletes a file or a whole folder; links are deleted, not followed. Absence is success. */
    public static void delete(Path path) throws IOException {
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.delete(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            // Nothing to delete.
        }
    }

    private static void deleteAfter(Throwable cause, Path temporary) {
        try {
            delete(temporary);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static void syncTree(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                sync(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                sync(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
