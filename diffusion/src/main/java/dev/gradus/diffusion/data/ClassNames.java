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
     * @param size height and width of its images
     * @param progress of fetching the data set where the names are in it, and it is not there yet
     * @throws DataException if it cannot be fetched or read
     */
    public static List<String> of(DataConfig data, int size, FetchProgress progress) throws DataException {
        return switch (data.format()) {
            case FASHION_MNIST -> FASHION_MNIST;
            case IDX -> List.of();
            case EMOJI -> Datasets.open(data, size, false, progress).classes();
            case CIFAR10, CIFAR100, IMAGES, ARRAY -> {
                try (RawImages images = RawSources.open(data, progress)) {
                    yield images.classes();
                }
            }
        };
    }
}
