package dev.gradus.diffusion.data;

import dev.gradus.diffusion.internal.PngFile;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.nio.file.Path;

/** Draws a batch of images as one picture: a grid, filled row by row. */
public final class ImageGrid {
    private ImageGrid() {}

    /** The number of columns of a grid of {@code count} images: the root of {@code count}, rounded up. */
    public static int columns(int count) {
        return (int) Math.ceil(Math.sqrt(count));
    }

    /** {@link #writePng(Path, float[], int, int, int, int, int)} with as many columns as make it nearly a square. */
    public static void writePng(Path file, float[] pixels, int count, int channels, int height, int width)
            throws IOException {
        writePng(file, pixels, count, channels, height, width, columns(count));
    }

    /**
     * Draws images and writes the picture as PNG to {@code file}, which is replaced; it has the whole picture or what it
     * had before.
     *
     * @param pixels the values of a contiguous tensor (B, C, H, W); -1 is black, 1 is white, and what lies outside is
     *     clamped
     * @param count B, at least 1
     * @param channels C: 1 for grey or 3 for red, green, blue
     * @param height H
     * @param width W
     * @param columns images in a row, at least 1
     * @throws IllegalArgumentException if the number of channels is another one, or of {@code pixels} is not B * C * H
     *     * W
     */
    public static void writePng(Path file, float[] pixels, int count, int channels, int height, int width, int columns)
            throws IOException {
        BufferedImage picture = draw(pixels, count, channels, height, width, columns);
        PngFile.write(file, picture);
    }

    /** The picture: columns * W wide, black where the last row has no image. */
    static BufferedImage draw(float[] pixels, int count, int channels, int height, int width, int columns) {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("cannot draw images of " + channels + " channels, only of 1 or 3");
        }
        if (count < 1 || columns < 1 || pixels.length != (long) count * channels * height * width) {
            throw new IllegalArgumentException(pixels.length + " values are not " + count + " images of " + channels
                    + " x " + height + " x " + width);
        }
        int rows = (count + columns - 1) / columns;
        BufferedImage picture = new BufferedImage(
                columns * width,
                rows * height,
                channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        WritableRaster raster = picture.getRaster();
        int plane = height * width;
        int[] samples = new int[plane];
        for (int i = 0; i < count; i++) {
            for (int channel = 0; channel < channels; channel++) {
                int start = (i * channels + channel) * plane;
                for (int p = 0; p < plane; p++) {
                    samples[p] = toByte(pixels[start + p]);
                }
                raster.setSamples(i % columns * width, i / columns * height, width, height, channel, samples);
            }
        }
        return picture;
    }

    /** -1..1 to 0..255, to the nearest; not a number is black. */
    private static int toByte(float value) {
        return Math.clamp(Math.round((value + 1) * 127.5f), 0, 255);
    }
}
