package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.util.List;

/** What the classes of a data set are called. */
public final class ClassNames {
    private static final List<String> FASHION_MNIST = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private ClassNames() {}

    /** The names in the order of the labels; empty where the data set has none. */
    public static List<String> of(DataConfig data) {
        return data.format() == DataConfig.Format.FASHION_MNIST ? FASHION_MNIST : List.of();
    }
}
