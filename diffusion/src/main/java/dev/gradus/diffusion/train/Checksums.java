package dev.gradus.diffusion.train;

import dev.gradus.diffusion.FileErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The file {@code checksums.sha256} of a checkpoint: the SHA-256 of each of its files, in the format of the program sha256sum,
 * so that {@code sha256sum -c checksums.sha256} finds a damaged one too.
 */
final class Checksums {
    static final String FILE = "checksums.sha256";
    private static final String SEPARATOR = "  ";

    private Checksums() {}

    /** Writes the file for all that is in {@code folder}. */
    static void write(Path folder) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String name : files(folder)) {
            lines.append(digest(folder.resolve(name)))
                    .append(SEPARATOR)
                    .append(name)
                    .append('\n');
        }
        Files.writeString(folder.resolve(FILE), lines);
    }

    /**
     * What is wrong with a folder; empty if every file is there and as it was written.
     *
     * @throws RunFolderException if reading is not permitted, which says nothing of what is there
     */
    static Optional<String> problem(Path folder) throws RunFolderException {
        if (!Files.isReadable(folder) || !Files.isExecutable(folder)) {
            throw notPermitted(folder, null);
        }
        Path list = folder.resolve(FILE);
        if (!Files.isRegularFile(list)) {
            return Optional.of("it has no " + FILE);
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(list);
        } catch (AccessDeniedException e) {
            throw notPermitted(list, e);
        } catch (IOException e) {
            return Optional.of(FILE + " cannot be read: " + FileErrors.reason(e));
        }
        if (lines.isEmpty()) {
            return Optional.of(FILE + " is empty");
        }
        for (String line : lines) {
            int at = line.indexOf(SEPARATOR);
            if (at < 0) {
                return Optional.of(FILE + " has a line that is no checksum");
            }
            String name = line.substring(at + SEPARATOR.length());
            Path file = folder.resolve(name).normalize();
            if (!file.startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
                return Optional.of(name + " is missing");
            }
            try {
                if (!digest(file).equals(line.substring(0, at))) {
                    return Optional.of(name + " has another checksum than when it was written");
                }
            } catch (AccessDeniedException e) {
                throw notPermitted(file, e);
            } catch (IOException e) {
                return Optional.of(name + " cannot be read: " + FileErrors.reason(e));
            }
        }
        return Optional.empty();
    }

    private static RunFolderException notPermitted(Path path, IOException e) {
        return new RunFolderException(path + ": cannot be read: no permission", e);
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private static String digest(Path file) throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
        byte[] block = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(block); read >= 0; read = in.read(block)) {
                sha256.update(block, 0, read);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }
}
