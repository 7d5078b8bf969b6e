package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.nio.file.Path;

/** Opens the data set that a configuration names. */
public final class Datasets {
    private Datasets() {}

    /**
     * Opens a data set, fetching it first where that is what the configuration asks for.
     *
     * @param size height and width the images must have
     * @param labels whether the images must have labels
     * @throws DataException if it cannot be fetched or read
     */
    public static ImageDataset open(DataConfig config, int size, boolean labels, FetchProgress progress)
            throws DataException {
        Path folder = config.path() == null ? new FashionMnist().folder(progress) : Path.of(config.path());
        return IdxDataset.read(folder, size, labels);
    }
}
