package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Folders of data sets that are made once per user. */
final class DataCache {
    private DataCache() {}

    /**
     * The folder {@code cache/name}, made first where it is not complete. Several processes may call this at once; one makes it
     * and the others wait.
     *
     * @param title the data set, for messages
     * @param make fills a folder, which appears when it is done
     * @throws DataException if it cannot be made
     */
    static Path folder(Path cache, String name, String title, Predicate<Path> complete, AtomicFiles.Writer make)
            throws DataException {
        Path folder = cache.resolve(name);
        if (complete.test(folder)) {
            return folder;
        }
        try {
            Files.createDirectories(cache);
            synchronized (DataCache.class) {
                try (FileChannel lock = FileChannel.open(
                                cache.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        var _ = lock.lock()) {
                    if (!complete.test(folder)) {
                        AtomicFiles.deleteLeftovers(cache);
                        AtomicFiles.delete(folder);
                        AtomicFiles.folder(folder, make);
                    }
                }
            }
            return folder;
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException(title + " cannot be stored in " + cache + ": " + FileErrors.reason(e), e);
        }
    }

    /** Takes what a source put into a folder; checks it first. */
    @FunctionalInterface
    interface Taker {
        void take(Path fetched) throws IOException;
    }

    /**
     * Fetches into {@code cache/name.part}, from the first source that works. What a source got before it failed or was stopped
     * stays there for the next time; what is damaged does not.
     *
     * @param title the data set, for messages
     * @param help what to do if no source works
     * @throws DataException if none does; the message says why for each
     */
    static void fetch(
            Path cache,
            String name,
            String title,
            List<DataSource> sources,
            String help,
            FetchProgress progress,
            Taker taker)
            throws IOException {
        Path parts = cache.resolve(name + ".part");
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            Path part = Files.createDirectories(parts.resolve(String.valueOf(i)));
            try {
                sources.get(i).fetch(part, progress);
                take(part, taker);
                AtomicFiles.delete(parts);
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DataException("interrupted while fetching " + title, e);
            } catch (IOException e) {
                failures.add(sources.get(i).name() + ": " + e.getMessage());
            }
            deleteIfEmpty(part);
        }
        deleteIfEmpty(parts);
        throw new DataException(title + " could not be fetched (" + String.join("; ", failures) + "). " + help);
    }

    private static void deleteIfEmpty(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            // It has what is gone on with.
        }
    }

    private static void take(Path part, Taker taker) throws IOException {
        try {
            taker.take(part);
        } catch (IOException e) {
            AtomicFiles.delete(part);
            throw e;
        }
    }

    /**
     * Reads a content to its end.
     *
     * @param expected its SHA-256
     * @throws DataException if it has another one
     */
    static void verify(String name, InputStream content, String expected) throws IOException {
        String found = Digest.sha256(content);
        if (!found.equals(expected)) {
            throw new DataException(name + " has another content than expected (SHA-256 " + found + ")");
        }
    }
}
