package dev.gradus.diffusion.config;

import dev.gradus.diffusion.ConfigException;

/**
 * Where the training images come from. docs/data.md tells what each format looks like.
 *
 * @param format how the images are stored
 * @param path a folder or file: for {@code idx} a folder with {@code train-images-idx3-ubyte} and, where labels are needed,
 *     {@code train-labels-idx1-ubyte}, each plain or with {@code .gz}; for {@code emoji} one with {@code
 *     train-images-idx4-ubyte} and {@code train-captions.json}; for {@code cifar10} and {@code cifar100} one with their
 *     binary files; for {@code images} a folder, a zip or tar file, or a folder of tar files; for {@code array} a {@code
 *     .safetensors} (as {@code gradus data pack} writes), {@code .npy} or {@code .npz} file. Null means the cache, filled by
 *     download when it is empty, for the formats that name a data set; the others need it.
 * @param workers threads that decode batches ahead of the training step; the batches do not depend on it
 * @param channels 1 for grey or 3 for colour, to which all images are converted; null leaves {@code images} at 3 and the other
 *     formats as they are
 * @param resize the kernel that brings images to the network's size
 * @param broken what to do when an image cannot be decoded: {@code fail} stops with its path and the reason; {@code skip} tries
 *     all images before training, names each broken one, and trains without them
 * @param flip whether each image is mirrored, left to right, with probability one half
 * @param cropPadding this many rows and columns are added around each image, as its mirror image, and a square of the network's
 *     size is cut out at a random place; 0 for the image itself
 */
public record DataConfig(
        Format format,
        String path,
        int workers,
        Integer channels,
        Resize resize,
        Broken broken,
        boolean flip,
        int cropPadding) {
    /** How the images are stored. */
    public enum Format {
        FASHION_MNIST(true),
        IDX(false),
        EMOJI(true),
        CIFAR10(true),
        CIFAR100(true),
        IMAGES(false),
        ARRAY(false);

        private final boolean published;

        Format(boolean published) {
            this.published = published;
        }

        /** Whether it is a data set that can be fetched. */
        public boolean published() {
            return published;
        }
    }

    /** A kernel for resampling, named as in the library Pillow. */
    public enum Resize {
        BOX,
        BILINEAR,
        BICUBIC,
        LANCZOS
    }

    /** What to do about images that cannot be decoded. */
    public enum Broken {
        FAIL,
        SKIP
    }

    public DataConfig {
        Check.present("data.format", format);
        Check.range("data.workers", workers, 1, 64);
        if (path != null && path.isBlank()) {
            throw new ConfigException("data.path", "must name a folder, is empty");
        }
        if (path == null && !format.published) {
            throw new ConfigException("data.path", "must name " + needed(format));
        }
        if (channels != null && channels != 1 && channels != 3) {
            throw new ConfigException("data.channels", "must be 1 or 3, is " + channels);
        }
        Check.present("data.resize", resize);
        Check.present("data.broken", broken);
        Check.range("data.cropPadding", cropPadding, 0, 4096);
    }

    private static String needed(Format format) {
        return switch (format) {
            case IDX -> "the folder that holds train-images-idx3-ubyte[.gz] when data.format is idx";
            case IMAGES -> "a folder of images, or a zip or tar file, when data.format is images";
            default -> "a .safetensors, .npy or .npz file when data.format is array";
        };
    }

    /** Data as they are, without flips and crops. */
    public DataConfig(Format format, String path, int workers) {
        this(format, path, workers, null, Resize.LANCZOS, Broken.FAIL, false, 0);
    }

    /** The same with another way to treat broken images. */
    public DataConfig with(Broken newBroken) {
        return new DataConfig(format, path, workers, channels, resize, newBroken, flip, cropPadding);
    }

    /** The same with another kernel and number of channels. */
    public DataConfig with(Resize newResize, Integer newChannels) {
        return new DataConfig(format, path, workers, newChannels, newResize, broken, flip, cropPadding);
    }

    /** Fashion-MNIST from the cache or the network. */
    public static DataConfig defaults() {
        return new DataConfig(Format.FASHION_MNIST, null, 1);
    }
}
