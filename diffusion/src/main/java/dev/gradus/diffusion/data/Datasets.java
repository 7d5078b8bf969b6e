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
        Path given = config.path() == null ? null : Path.of(config.path());
        if (config.format() == DataConfig.Format.EMOJI) {
            return CaptionedDataset.read(given == null ? new Emoji().folder(progress) : given, size);
        }
        return IdxDataset.read(given == null ? new FashionMnist().folder(progress) : given, size, labels);
    }
}
