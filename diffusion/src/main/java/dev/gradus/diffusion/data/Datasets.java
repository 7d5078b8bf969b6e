package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.ConfigNames;
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
        Path path = RawSources.path(config, progress);
        return switch (config.format()) {
            case EMOJI -> converted(config, CaptionedDataset.read(path, size));
            case FASHION_MNIST, IDX -> converted(config, IdxDataset.read(path, size, labels));
            case CIFAR10, CIFAR100, IMAGES, ARRAY -> raw(config, size, labels, progress);
        };
    }

    /**
     * The format that a file or folder seems to have, by its name and the names of what is in it: {@code images} for any that shows
     * nothing else.
     *
     * @throws DataException if it cannot be listed
     */
    public static DataConfig.Format format(Path path) throws DataException {
        return RawSources.format(path);
    }

    /**
     * Fetches a data set that can be, where the cache does not have it.
     *
     * @return the folder with its files
     * @throws DataException if it cannot be fetched; what was received is kept, and the next call goes on from there
     */
    public static Path fetch(DataConfig.Format format, FetchProgress progress) throws DataException {
        return RawSources.path(new DataConfig(format, null, 1), progress);
    }

    private static ImageDataset converted(DataConfig config, ImageDataset dataset) {
        Integer channels = config.channels();
        return channels == null || channels == dataset.channels() ? dataset : new RecolouredImages(dataset, channels);
    }

    private static ImageDataset raw(DataConfig config, int size, boolean labels, FetchProgress progress)
            throws DataException {
        RawImages images = RawSources.open(config, progress);
        if (labels && !images.labelled()) {
            String first = images instanceof ImageFiles files ? ": the first is " + files.firstWithoutClass() : "";
            throw new DataException("the network takes classes, but not all images of data.format "
                    + ConfigNames.of(config.format()) + " have one" + first);
        }
        int own = images.channels() == 0 ? 3 : images.channels();
        int channels = config.channels() == null ? own : config.channels();
        ResizedImages resized = new ResizedImages(images, channels, size, config.resize());
        return config.broken() == DataConfig.Broken.SKIP
                ? SoundImages.of(resized, Runtime.getRuntime().availableProcessors(), progress)
                : resized;
    }
}
