package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Opens the images of a configuration as they are stored. */
final class RawSources {
    private RawSources() {}

    /** The images as they are stored; one that is fetched is fetched first where it is not there. */
    static RawImages open(DataConfig config, FetchProgress progress) throws DataException {
        Path path = path(config, progress);
        return switch (config.format()) {
            case FASHION_MNIST, IDX -> IdxDataset.raw(path, ClassNames.fixed(config.format()));
            case EMOJI -> CaptionedDataset.raw(path);
            case CIFAR10 -> CifarImages.open(path, CifarImages.Kind.CIFAR10);
            case CIFAR100 -> CifarImages.open(path, CifarImages.Kind.CIFAR100);
            case IMAGES -> ImageFiles.open(path, config.workers(), progress);
            case ARRAY -> ArrayImages.open(path);
        };
    }

    /** Where the files are: the path given, else the cache, filled first where it is empty. */
    static Path path(DataConfig config, FetchProgress progress) throws DataException {
        if (config.path() != null) {
            return Path.of(config.path());
        }
        return switch (config.format()) {
            case FASHION_MNIST -> new FashionMnist().folder(progress);
            case EMOJI -> new Emoji().folder(progress);
            case CIFAR10 -> new Cifar(CifarImages.Kind.CIFAR10).folder(progress);
            case CIFAR100 -> new Cifar(CifarImages.Kind.CIFAR100).folder(progress);
            case IDX, IMAGES, ARRAY -> throw new IllegalArgumentException(config.format() + " needs a path");
        };
    }

    /** What a file or folder looks like, by its name and the names in it. */
    static DataConfig.Format format(Path path) throws DataException {
        String name = path.toAbsolutePath().normalize().toString().toLowerCase(Locale.ROOT);
        if (!Files.isDirectory(path)) {
            return name.matches(".*\\.(safetensors|npy|npz)") ? DataConfig.Format.ARRAY : DataConfig.Format.IMAGES;
        }
        if (CaptionedDataset.isComplete(path)) {
            return DataConfig.Format.EMOJI;
        }
        if (IdxDataset.isIn(path)) {
            return DataConfig.Format.IDX;
        }
        if (CifarImages.isIn(path, CifarImages.Kind.CIFAR10)) {
            return DataConfig.Format.CIFAR10;
        }
        return CifarImages.isIn(path, CifarImages.Kind.CIFAR100)
                ? DataConfig.Format.CIFAR100
                : DataConfig.Format.IMAGES;
    }
}
