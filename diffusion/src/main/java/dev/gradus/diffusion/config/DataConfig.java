package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * Where the training images come from.
 *
 * @param format {@code fashion-mnist}, {@code idx} or {@code emoji}
 * @param path a folder with {@code train-images-idx3-ubyte} and, where labels are needed, {@code
 *     train-labels-idx1-ubyte}, each plain or with {@code .gz}; with {@code emoji} one with {@code
 *     train-images-idx4-ubyte} and {@code train-captions.json}. Required for {@code idx}. Null with the others means: the
 *     cache, filled by download when it is empty.
 * @param workers threads that decode batches ahead of the training step; the batches do not depend on it
 */
public record DataConfig(Format format, String path, int workers) {
    public enum Format {
        FASHION_MNIST,
        IDX,
        EMOJI
    }

    public DataConfig {
        Check.present("data.format", format);
        Check.range("data.workers", workers, 1, 64);
        if (path != null && path.isBlank()) {
            throw new ConfigException("data.path", "must name a folder, is empty");
        }
        if (format == Format.IDX && path == null) {
            throw new ConfigException(
                    "data.path",
                    "must name the folder that holds train-images-idx3-ubyte[.gz] when data.format is idx");
        }
    }

    /** Fashion-MNIST from the cache or the network. */
    public static DataConfig defaults() {
        return new DataConfig(Format.FASHION_MNIST, null, 1);
    }
}
