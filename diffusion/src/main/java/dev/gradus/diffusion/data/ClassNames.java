package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.util.List;

/** What the classes of a data set are called. */
public final class ClassNames {
    private static final List<String> FASHION_MNIST = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private ClassNames() {}

    /**
     * The names in the order of the labels; empty where the data set has none.
     *
     * @param size of no matter
     * @param progress of fetching the data set where the names are in it, and it is not there yet
     * @throws DataException if it cannot be fetched or read
     */
    public static List<String> of(DataConfig data, int size, FetchProgress progress) throws DataException {
        List<String> fixed = fixed(data.format());
        if (!fixed.isEmpty()) {
            return fixed;
        }
        try (RawImages images = RawSources.open(data, progress)) {
            return images.classes();
        }
    }

    /** Those of a data set whose files do not have them; empty for the others. */
    static List<String> fixed(DataConfig.Format format) {
        return format == DataConfig.Format.FASHION_MNIST ? FASHION_MNIST : List.of();
    }

    /** The name of an image's class, or its number. */
    static String of(RawImages images, long index) {
        int label = images.label(index);
        List<String> names = images.classes();
        return label < names.size() ? names.get(label) : String.valueOf(label);
    }
}
