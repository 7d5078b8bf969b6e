package dev.gradus.diffusion.data;

import dev.gradus.torch.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv 1708.07747; MIT licence): 70,000 grey pictures of clothing, 28 x 28.
 * Fetched once per user into {@code $XDG_CACHE_HOME/gradus/data/fashion-mnist} ({@code ~/.cache} by default): from
 * Debian's package without root, else from the address that the project publishes. The contents are checked by SHA-256.
 */
public final class FashionMnist {
    /** SHA-256 of the decompressed files. */
    private static final Map<String, String> SHA256 = new TreeMap<>(Map.of(
            "train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"));

    private final Path cache;
    private final List<DataSource> sources;
    private final Map<String, String> sha256;

    /** With the user's cache. */
    public FashionMnist() {
        this(
                UserCache.folder().resolve("data"),
                List.of(
                        new DebianPackage("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
                        new WebFolder(
                                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                                List.copyOf(SHA256.keySet()))),
                SHA256);
    }

    FashionMnist(Path cache, List<DataSource> sources, Map<String, String> sha256) {
        this.cache = cache;
        this.sources = sources;
        this.sha256 = sha256;
    }

    /**
     * The folder with the four files, fetched first where it is not there. Several processes may call this at once; one
     * fetches and the others wait.
     *
     * @throws DataException if no source works; the message says why for each and what to do instead
     */
    public Path folder(FetchProgress progress) throws DataException {
        return DataCache.folder(
                cache, "fashion-mnist", "Fashion-MNIST", this::complete, target -> fetch(target, progress));
    }

    private boolean complete(Path folder) {
        return sha256.keySet().stream().allMatch(name -> Files.isRegularFile(folder.resolve(name)));
    }

    private void fetch(Path target, FetchProgress progress) throws IOException {
        String help = "Put " + String.join(", ", sha256.keySet()) + " into a folder and name it with data.path";
        DataCache.fetch(cache, "fashion-mnist", "Fashion-MNIST", sources, help, progress, fetched -> {
            for (var file : sha256.entrySet()) {
                verify(fetched.resolve(file.getKey()), file.getValue());
            }
            for (String name : sha256.keySet()) {
                Files.move(fetched.resolve(name), target.resolve(name));
            }
        });
    }

    private static void verify(Path file, String expected) throws IOException {
        try (InputStream content = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
            DataCache.verify(file.getFileName().toString(), content, expected);
        }
    }
}
