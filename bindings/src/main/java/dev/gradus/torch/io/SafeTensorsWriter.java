package dev.gradus.torch.io;

import dev.gradus.torch.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Writes a laid-out file under a temporary name, forces it to the disk, and renames it. */
final class SafeTensorsWriter {
    private static final AtomicLong COUNTER = new AtomicLong();

    private SafeTensorsWriter() {}

    static void write(Path path, Layout layout, Map<String, Tensor> tensors) throws SafeTensorsException {
        Path target = path.toAbsolutePath();
        Path folder = target.getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw new SafeTensorsException(path, "is a folder; name a file to write to");
        }
        if (!Files.isDirectory(folder)) {
            throw new SafeTensorsException(path, "cannot be written: the folder " + folder + " does not exist");
        }
        Path temporary = folder.resolve("." + target.getFileName() + "."
                + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet() + ".tmp");
        try {
            requireSpace(path, folder, layout.size());
            try {
                writeTo(path, temporary, layout, tensors);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException | RuntimeException | Error e) {
                deleteQuietly(temporary, e);
                throw e;
            }
            force(folder);
        } catch (SafeTensorsException e) {
            throw e;
        } catch (AccessDeniedException e) {
            throw new SafeTensorsException(path, null, "cannot be written: no permission in " + folder, e);
        } catch (NoSuchFileException e) {
            throw new SafeTensorsException(path, null, "cannot be written: the folder " + folder + " is gone", e);
        } catch (IOException e) {
            throw new SafeTensorsException(path, null, "cannot be written: " + e.getMessage(), e);
        }
    }

    /** A disk that is known to be too full is refused before anything is written. */
    private static void requireSpace(Path path, Path folder, long size) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < size) {
            throw new SafeTensorsException(
                    path, "cannot be written: it takes " + size + " bytes, and the disk has " + free + " free");
        }
    }

    static void writeTo(Path path, Path temporary, Layout layout, Map<String, Tensor> tensors) throws IOException {
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment file = channel.map(FileChannel.MapMode.READ_WRITE, 0, layout.size(), arena);
                file.set(Header.LENGTH, 0, layout.header().length);
                MemorySegment.copy(
                        layout.header(), 0, file, ValueLayout.JAVA_BYTE, Header.PREFIX, layout.header().length);
                for (Layout.Entry entry : layout.entries()) {
                    if (entry.byteSize() > 0) {
                        tensors.get(entry.name()).copyTo(file.asSlice(entry.offset(), entry.byteSize()));
                    }
                }
                file.force();
            } catch (InternalError fault) {
                // A store to a mapped page for which the file system has no room reaches Java as InternalError.
                throw new SafeTensorsException(
                        path,
                        null,
                        "cannot be written: the disk or quota is full, or the file was cut while it was written",
                        fault);
            }
            channel.force(true);
        }
    }

    /** Makes the rename itself durable. */
    private static void force(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path temporary, Throwable reason) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }
}
