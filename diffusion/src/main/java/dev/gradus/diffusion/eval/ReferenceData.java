package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.FetchProgress;
import dev.gradus.diffusion.data.ImageDataset;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The images that generated ones are compared with.
 *
 * @param name the name of the data set in the names of scores: lower-case letters, digits and hyphens
 * @param images at least 2
 * @param hash SHA-256 of the images and labels, in hexadecimal
 */
public record ReferenceData(String name, ImageDataset images, String hash) {
    /**
     * Names a data set and reads all of it once, for its digest.
     *
     * @param name what is no letter or digit becomes a hyphen
     */
    public static ReferenceData of(String name, ImageDataset images) {
        return new ReferenceData(plain(name), images, Digests.of(images));
    }

    /**
     * Opens the data set of a configuration. One that is fetched has a name of its own, with the size where that is not the
     * usual one: {@code fashion} is Fashion-MNIST at 28 x 28, {@code fashion-32} the same with a border, {@code emoji-32}
     * the emoji at 32 x 32. One from a folder is named after that.
     *
     * @param size height and width
     * @throws DataException if it cannot be fetched or read
     */
    public static ReferenceData open(DataConfig config, int size, FetchProgress progress) throws DataException {
        ImageDataset images = Datasets.open(config, size, false, progress);
        if (config.path() == null) {
            return of(published(config.format(), size), images);
        }
        Path folder = Path.of(config.path()).toAbsolutePath().normalize().getFileName();
        String name = folder == null ? "data" : plain(folder.toString());
        boolean taken = Stream.of(DataConfig.Format.values()).anyMatch(format -> name.startsWith(base(format)));
        return of(taken ? "folder-" + name : name, images);
    }

    private static String published(DataConfig.Format format, int size) {
        boolean usual = format == DataConfig.Format.FASHION_MNIST && size == 28;
        return base(format) + (usual ? "" : "-" + size);
    }

    private static String base(DataConfig.Format format) {
        return format == DataConfig.Format.FASHION_MNIST ? "fashion" : ConfigNames.of(format);
    }

    private static String plain(String name) {
        String plain =
                name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        return plain.isEmpty() ? "data" : plain;
    }

    /** The shape of an image, as {@code 1 x 32 x 32}. */
    String shape() {
        return images.channels() + " x " + images.height() + " x " + images.width();
    }
}
