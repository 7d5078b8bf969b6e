package dev.gradus.diffusion.data.files;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;

/** The files below a folder. Links are followed; names that begin with a dot are left out. */
final class FolderTree implements FileTree {
    private final Path root;
    private final List<Entry> entries;

    FolderTree(Path root) throws DataException {
        this.root = root;
        List<Entry> found = new ArrayList<>();
        FileVisitor<Path> collect = new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return hidden(folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && !hidden(file)) {
                    String path = root.relativize(file).toString().replace('\\', '/');
                    found.add(new Entry(0, path, attributes.size(), 0));
                }
                return FileVisitResult.CONTINUE;
            }
        };
        try {
            Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, collect);
        } catch (IOException | UncheckedIOException e) {
            throw new DataException(root + ": cannot be listed: " + FileErrors.reason(e), e);
        }
        found.sort(Comparator.comparing(Entry::path));
        entries = List.copyOf(found);
    }

    private boolean hidden(Path path) {
        return !path.equals(root) && path.getFileName().toString().startsWith(".");
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public byte[] read(Entry entry) throws IOException {
        if (entry.size() > MAX_BYTES) {
            throw new IOException("has " + entry.size() + " bytes, more than " + MAX_BYTES);
        }
        try {
            return Files.readAllBytes(root.resolve(entry.path()));
        } catch (IOException e) {
            throw new IOException("cannot be read: " + FileErrors.reason(e), e);
        }
    }

    @Override
    public String describe(Entry entry) {
        return root.resolve(entry.path()).toString();
    }

    @Override
    public void close() {
        // Files are opened one by one.
    }
}
