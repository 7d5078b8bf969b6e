package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.FetchProgress;
import dev.gradus.diffusion.data.ImageDataset;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The images that generated ones are compared with.
 *
 * @param name the name of the data set in the names of scores: lower-case letters, digits and hyphens
 * @param images at least 2
 * @param hash the {@link Digests#of(ImageDataset) digest} of the images and labels, in hexadecimal
 */
public record ReferenceData(String name, ImageDataset images, String hash) {
    /** The name of Fashion-MNIST as it is published. */
    private static final String FASHION = "fashion";

    /**
     * Names a data set and reads all of it once, for its digest.
     *
     * @param name what is no letter or digit becomes a hyphen
     */
    public static ReferenceData of(String name, ImageDataset images) {
        return new ReferenceData(plain(name), images, Digests.of(images));
    }

    /**
     * Opens the data set of a configuration. Fashion-MNIST from the cache is named {@code fashion}; another one has the
     * name of its folder.
     *
     * @param size height and width
     * @throws DataException if it cannot be fetched or read
     */
    public static ReferenceData open(DataConfig config, int size, FetchProgress progress) throws DataException {
        String name = FASHION;
        if (config.path() != null) {
            Path folder = Path.of(config.path()).toAbsolutePath().normalize().getFileName();
            name = folder == null ? "data" : plain(folder.toString());
            name = name.equals(FASHION) ? FASHION + "-folder" : name;
        }
        return of(name, Datasets.open(config, size, false, progress));
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
