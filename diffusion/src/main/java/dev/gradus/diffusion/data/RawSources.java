package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import java.nio.file.Path;

/** Opens the images of those formats that have them in any size. */
final class RawSources {
    private RawSources() {}

    /** For {@code cifar10}, {@code cifar100}, {@code images} and {@code array}. */
    static RawImages open(DataConfig config, FetchProgress progress) throws DataException {
        Path given = config.path() == null ? null : Path.of(config.path());
        return switch (config.format()) {
            case CIFAR10 -> cifar(CifarImages.Kind.CIFAR10, given, progress);
            case CIFAR100 -> cifar(CifarImages.Kind.CIFAR100, given, progress);
            case IMAGES -> ImageFiles.open(given);
            case ARRAY -> ArrayImages.open(given);
            case FASHION_MNIST, IDX, EMOJI -> throw new IllegalArgumentException(config.format() + " has one size");
        };
    }

    private static RawImages cifar(CifarImages.Kind kind, Path given, FetchProgress progress) throws DataException {
        return CifarImages.open(given == null ? new Cifar(kind).folder(progress) : given, kind);
    }
}
