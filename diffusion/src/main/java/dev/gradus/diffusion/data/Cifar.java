package dev.gradus.diffusion.data;

import dev.gradus.torch.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009): 50,000 colour photographs
 * for training, 32 x 32, in 10 or 100 classes. Fetched once per user into {@code $XDG_CACHE_HOME/gradus/data}
 * ({@code ~/.cache} by default) from the address that the author publishes, and checked by SHA-256.
 */
final class Cifar {
    private static final String ADDRESS = "https://www.cs.toronto.edu/~kriz/";

    private final CifarImages.Kind kind;
    private final Path cache;
    private final DataSource source;
    private final String archive;
    private final String sha256;

    /** With the user's cache. */
    Cifar(CifarImages.Kind kind) {
        this(
                kind,
                UserCache.folder().resolve("data"),
                new WebFolder(ADDRESS, List.of(archive(kind))),
                kind == CifarImages.Kind.CIFAR10
                        ? "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
                        : "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec");
    }

    Cifar(CifarImages.Kind kind, Path cache, DataSource source, String sha256) {
        this.kind = kind;
        this.cache = cache;
        this.source = source;
        this.archive = archive(kind);
        this.sha256 = sha256;
    }

    private static String archive(CifarImages.Kind kind) {
        return kind == CifarImages.Kind.CIFAR10 ? "cifar-10-binary.tar.gz" : "cifar-100-binary.tar.gz";
    }

    /**
     * The folder with the binary files, fetched first where it is not there.
     *
     * @throws DataException if it cannot be fetched; the message says why and what to do instead
     */
    Path folder(FetchProgress progress) throws DataException {
        String title = kind == CifarImages.Kind.CIFAR10 ? "CIFAR-10" : "CIFAR-100";
        String name = title.toLowerCase(Locale.ROOT).replace("-", "");
        String help = "Unpack " + archive + " from elsewhere and name its folder with data.path";
        return DataCache.folder(
                cache,
                name,
                title,
                folder -> Files.isDirectory(folder),
                target -> DataCache.fetch(cache, name, title, List.of(source), help, progress, fetched -> {
                    Path file = fetched.resolve(archive);
                    try (InputStream content = Files.newInputStream(file)) {
                        DataCache.verify(archive, content, sha256);
                    }
                    unpack(file, target);
                }));
    }

    /** Only names without a folder are made, so nothing can leave the target. */
    private static void unpack(Path file, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (entry.isFile() && name.matches("[\\w.]+\\.(bin|txt)")) {
                    Files.copy(tar, target.resolve(name));
                }
            }
        }
    }
}
