package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/**
 * The pictures of a folder, one image a file: PNG, JPEG, BMP or GIF, in the order of their names. Files with other endings
 * are passed over.
 */
public final class PictureFolder {
    private static final int BATCH = 250;
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");

    private final List<Path> files;
    private final int height;
    private final int width;

    /**
     * Lists the pictures and looks at the first.
     *
     * @throws EvaluationException if the folder has none, or the first cannot be read
     */
    public PictureFolder(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            files = entries.filter(PictureFolder::isPicture).sorted().toList();
        }
        if (files.isEmpty()) {
            throw new EvaluationException(folder + " has no pictures (" + String.join(", ", ENDINGS) + ")");
        }
        BufferedImage first = read(files.getFirst());
        height = first.getHeight();
        width = first.getWidth();
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
    }

    private static BufferedImage read(Path file) throws IOException {
        BufferedImage picture;
        try {
            picture = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) {
            // Decoders throw either for damaged files.
            throw new EvaluationException(file + " cannot be read as a picture (" + FileErrors.reason(e) + ")", e);
        }
        if (picture == null) {
            throw new EvaluationException(file + " is no picture that can be read");
        }
        return picture;
    }

    /** How many pictures there are. */
    public int size() {
        return files.size();
    }

    /** The height of the first one, which all must have. */
    public int height() {
        return height;
    }

    /** The width of the first one, which all must have. */
    public int width() {
        return width;
    }

    /**
     * All pictures, from the first one on.
     *
     * @param channels 1: colours become grey by their luminance (ITU-R BT.601); 3: grey becomes three equal channels
     */
    public ImageSource source(int channels) {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("pictures have 1 or 3 channels, not " + channels);
        }
        int[] next = new int[1];
        return most -> {
            int count = Math.toIntExact(Math.min(Math.min(most, BATCH), files.size() - next[0]));
            next[0] += count;
            return count == 0 ? null : tensor(files.subList(next[0] - count, next[0]), channels);
        };
    }

    private Tensor tensor(List<Path> batch, int channels) throws IOException {
        float[] pixels = new float[batch.size() * channels * height * width];
        int start = 0;
        for (Path file : batch) {
            BufferedImage picture = read(file);
            if (picture.getHeight() != height || picture.getWidth() != width) {
                throw new EvaluationException(file + " is " + picture.getHeight() + " x " + picture.getWidth()
                        + ", but " + files.getFirst() + " is " + height + " x " + width + "; all must have one size");
            }
            copy(picture, channels, pixels, start);
            start += channels * height * width;
        }
        return Torch.tensor(pixels, batch.size(), channels, height, width);
    }

    private void copy(BufferedImage picture, int channels, float[] pixels, int start) {
        int plane = height * width;
        // Java would convert the levels of a grey picture to another scale on the way to RGB.
        boolean grey = picture.getType() == BufferedImage.TYPE_BYTE_GRAY;
        Raster raster = picture.getRaster();
        for (int i = 0; i < plane; i++) {
            int level = grey ? raster.getSample(i % width, i / width, 0) : 0;
            int rgb = grey ? level << 16 | level << 8 | level : picture.getRGB(i % width, i / width);
            int red = rgb >> 16 & 0xff;
            int green = rgb >> 8 & 0xff;
            int blue = rgb & 0xff;
            if (channels == 1) {
                pixels[start + i] = normalised(Math.round(0.299f * red + 0.587f * green + 0.114f * blue));
            } else {
                pixels[start + i] = normalised(red);
                pixels[start + plane + i] = normalised(green);
                pixels[start + 2 * plane + i] = normalised(blue);
            }
        }
    }

    private static float normalised(int level) {
        return level / 127.5f - 1;
    }
}
