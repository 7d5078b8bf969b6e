package dev.gradus.diffusion;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Says why a file could not be used: the messages of Java's exceptions are often the path alone. */
public final class FileErrors {
    private FileErrors() {}

    /** The reason without the path: {@code no permission}, {@code the disk is full}. */
    public static String reason(Throwable e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "no permission";
            case NotDirectoryException _ -> "not a folder";
            case FileAlreadyExistsException _ -> "there is a file already";
            case FileSystemException file when isFullDisk(file.getReason()) -> "the disk is full";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            case IOException io when isFullDisk(io.getMessage()) -> "the disk is full";
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }

    /** Whether what the system says of a failure is that there is no more space. */
    public static boolean isFullDisk(String reason) {
        return reason != null && (reason.contains("No space left on device") || reason.contains("Disk quota exceeded"));
    }
}
