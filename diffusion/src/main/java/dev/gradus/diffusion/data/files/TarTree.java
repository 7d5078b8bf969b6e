package dev.gradus.diffusion.data.files;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/** The files of tar files, such as the shards of a WebDataset. Their headers are read once; files are read where they lie. */
final class TarTree implements FileTree {
    private final List<Path> paths;
    private final List<FileChannel> channels = new ArrayList<>();
    private final List<Entry> entries;

    TarTree(List<Path> paths) throws DataException {
        this.paths = List.copyOf(paths);
        List<Entry> found = new ArrayList<>();
        try {
            for (int archive = 0; archive < paths.size(); archive++) {
                list(archive, found);
                channels.add(FileChannel.open(paths.get(archive), StandardOpenOption.READ));
            }
        } catch (DataException e) {
            close();
            throw e;
        } catch (IOException e) {
            close();
            throw new DataException("a tar file cannot be opened: " + FileErrors.reason(e), e);
        }
        found.sort(Comparator.comparingInt(Entry::archive).thenComparing(Entry::path));
        entries = List.copyOf(found);
    }

    private void list(int archive, List<Entry> into) throws DataException {
        Path path = paths.get(archive);
        Set<String> seen = new HashSet<>();
        try (TarFile tar = new TarFile(path)) {
            long length = path.toFile().length();
            for (TarArchiveEntry member : tar.getEntries()) {
                String name = FileTree.checked(path, member.getName());
                if (member.isDirectory() || ("/" + name).contains("/.")) {
                    continue;
                }
                if (member.isLink() || member.isSymbolicLink() || member.isSparse() || !member.isFile()) {
                    throw new DataException(path + ": '" + name + "' is a link or another special file; pack the files"
                            + " themselves, as tar --dereference does");
                }
                if (member.getDataOffset() + member.getSize() > length) {
                    throw new DataException(path + ": ends inside of '" + name + "'; the file is truncated");
                }
                if (!seen.add(name)) {
                    throw new DataException(path + ": has two files '" + name + "'");
                }
                into.add(new Entry(archive, name, member.getSize(), member.getDataOffset()));
            }
        } catch (DataException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DataException(path + ": is no tar file, or a damaged one: " + FileErrors.reason(e), e);
        }
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
        ByteBuffer bytes = ByteBuffer.allocate((int) entry.size());
        while (bytes.hasRemaining()) {
            if (channels.get(entry.archive()).read(bytes, entry.offset() + bytes.position()) < 0) {
                throw new EOFException("the tar file became shorter");
            }
        }
        return bytes.array();
    }

    @Override
    public String describe(Entry entry) {
        return paths.get(entry.archive()) + "!" + entry.path();
    }

    @Override
    public void close() {
        for (FileChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }
}
