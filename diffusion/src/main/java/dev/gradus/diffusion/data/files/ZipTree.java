package dev.gradus.diffusion.data.files;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The files of a zip file. */
final class ZipTree implements FileTree {
    private final Path path;
    private final ZipFile zip;
    private final Map<String, ZipEntry> members = new TreeMap<>();
    private final List<Entry> entries;

    ZipTree(Path path) throws DataException {
        this.path = path;
        try {
            zip = new ZipFile(path.toFile());
        } catch (IOException e) {
            throw new DataException(path + ": is no zip file, or a damaged one: " + FileErrors.reason(e), e);
        }
        try {
            for (ZipEntry member : zip.stream().toList()) {
                String name = FileTree.checked(path, member.getName());
                if (!member.isDirectory() && !ignored(name) && members.put(name, member) != null) {
                    throw new DataException(path + ": has two files '" + name + "'");
                }
            }
        } catch (DataException | RuntimeException e) {
            close();
            throw e;
        }
        entries = members.entrySet().stream()
                .map(member -> new Entry(0, member.getKey(), member.getValue().getSize(), 0))
                .sorted(Comparator.comparing(Entry::path))
                .toList();
    }

    /** As in a folder; and what macOS puts beside each file. */
    private static boolean ignored(String name) {
        return name.startsWith("__MACOSX/") || ("/" + name).contains("/.");
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public byte[] read(Entry entry) throws IOException {
        try (InputStream in = zip.getInputStream(members.get(entry.path()))) {
            byte[] bytes = in.readNBytes((int) MAX_BYTES);
            if (bytes.length == MAX_BYTES) {
                throw new IOException("has " + MAX_BYTES + " bytes or more");
            }
            return bytes;
        } catch (IOException e) {
            throw new IOException("cannot be read from the zip file: " + FileErrors.reason(e), e);
        }
    }

    @Override
    public String describe(Entry entry) {
        return path + "!" + entry.path();
    }

    @Override
    public void close() {
        try {
            zip.close();
        } catch (IOException e) {
            // It was only read.
        }
    }
}
