package dev.gradus.diffusion.data.files;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.data.DataException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The regular files of a folder or of archives. Any thread may read; closed, it reads no more. */
public interface FileTree extends AutoCloseable {
    /** A file larger than this is not read into memory. */
    long MAX_BYTES = 1L << 30;

    /**
     * A file.
     *
     * @param archive the archive that it is in, counted from 0; 0 in a folder
     * @param path below the folder or in the archive, with slashes
     * @param size in bytes
     * @param offset of the first byte in a tar file; 0 elsewhere
     */
    record Entry(int archive, String path, long size, long offset) {
        /** The path of another file beside this one, or of this one with another suffix. */
        public String withSuffix(String suffix) {
            int slash = path.lastIndexOf('/') + 1;
            // WebDataset: the key of a sample ends at the first dot of the name.
            int dot = path.indexOf('.', slash);
            return (dot < 0 ? path : path.substring(0, dot)) + suffix;
        }
    }

    /** All files, by archive, then by path in the order of its characters. */
    List<Entry> entries();

    /**
     * The contents of a file.
     *
     * @throws IOException if it cannot be read; the message is the reason, without its name
     */
    byte[] read(Entry entry) throws IOException;

    /** The file for messages: {@code folder/path}, or {@code archive!path}. */
    String describe(Entry entry);

    @Override
    void close();

    /**
     * Opens a folder, a zip file, a tar file, or a folder of tar files, which is what a folder with a tar file in it is taken for.
     *
     * @throws DataException if it is none of these, is damaged, or has a path that leaves its root
     */
    static FileTree open(Path path) throws DataException {
        String name = path.toAbsolutePath().normalize().toString().toLowerCase(Locale.ROOT);
        if (Files.isDirectory(path)) {
            List<Path> shards = shards(path);
            return shards.isEmpty() ? new FolderTree(path) : new TarTree(shards);
        }
        if (!Files.exists(path)) {
            throw new DataException(path + ": no such file or folder; set data.path to one with images");
        }
        if (name.endsWith(".zip")) {
            return new ZipTree(path);
        }
        if (name.endsWith(".tar")) {
            return new TarTree(List.of(path));
        }
        if (name.matches(".*\\.(tgz|txz|tar\\.\\w+)")) {
            throw new DataException(
                    path + ": a compressed tar file cannot be read out of order; unpack it, or decompress it to .tar");
        }
        throw new DataException(path + ": is neither a folder nor a .zip or .tar file");
    }

    private static List<Path> shards(Path folder) throws DataException {
        List<Path> shards = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tar")) {
            files.forEach(shards::add);
        } catch (IOException e) {
            throw new DataException(folder + ": cannot be listed: " + FileErrors.reason(e), e);
        }
        shards.sort(null);
        return shards;
    }

    /**
     * Checks the path of a member of an archive, or one that a file of it names.
     *
     * @param archive for messages
     *
     * @return it with slashes, without {@code .} and a slash at the end
     * @throws DataException if it is absolute or leaves the root
     */
    static String checked(Object archive, String member) throws DataException {
        String slashes = member.replace('\\', '/');
        List<String> parts = new ArrayList<>();
        boolean leaves = slashes.startsWith("/") || slashes.matches("[A-Za-z]:.*") || slashes.indexOf('\0') >= 0;
        for (String part : slashes.split("/")) {
            leaves = leaves || part.equals("..");
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        if (leaves) {
            throw new DataException(archive + ": the path '" + member.replace("\0", "\\0")
                    + "' leaves the root, so nothing of it is used; do not trust this file");
        }
        return String.join("/", parts);
    }
}
