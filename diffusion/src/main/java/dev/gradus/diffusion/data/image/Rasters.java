package dev.gradus.diffusion.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Colours as bytes.
 *
 * <ul>
 *   <li>Grey, and red, green, blue: the stored numbers. Those of b bits become v * 255 / (2^b - 1), rounded to the nearest. An
 *       embedded colour profile changes nothing.
 *   <li>Palettes: the colours they name; a palette of greys gives a grey image.
 *   <li>What is transparent lies on white: v * alpha + 255 * (1 - alpha), rounded to the nearest.
 *   <li>Other colour spaces, such as CMYK: as the reader converts them to sRGB.
 * </ul>
 */
final class Rasters {
    private Rasters() {}

    static Pixels pixels(BufferedImage image) throws UnreadableImageException {
        ColorModel model = image.getColorModel();
        if (model instanceof IndexColorModel palette) {
            return indexed(image.getRaster(), palette);
        }
        int type = model.getColorSpace().getType();
        if (type == ColorSpace.TYPE_GRAY || type == ColorSpace.TYPE_RGB) {
            return samples(image.getRaster(), model, type == ColorSpace.TYPE_GRAY ? 1 : 3);
        }
        return converted(image);
    }

    private static Pixels indexed(Raster raster, IndexColorModel palette) {
        int[] colours = new int[palette.getMapSize()];
        palette.getRGBs(colours);
        boolean grey = true;
        for (int i = 0; i < colours.length; i++) {
            colours[i] = onWhite(colours[i]);
            int red = colours[i] >> 16 & 0xFF;
            grey = grey && red == (colours[i] >> 8 & 0xFF) && red == (colours[i] & 0xFF);
        }
        int width = raster.getWidth();
        int height = raster.getHeight();
        int channels = grey ? 1 : 3;
        byte[] bytes = new byte[Math.multiplyExact(width * height, channels)];
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int index : row) {
                int colour = colours[Math.min(index, colours.length - 1)];
                at = put(bytes, at, colour, channels);
            }
        }
        return new Pixels(width, height, channels, bytes);
    }

    private static Pixels samples(Raster raster, ColorModel model, int channels) throws UnreadableImageException {
        int transfer = raster.getTransferType();
        if (transfer == DataBuffer.TYPE_FLOAT || transfer == DataBuffer.TYPE_DOUBLE) {
            throw new UnreadableImageException("has floating-point samples");
        }
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        boolean alpha = model.hasAlpha() && bands > channels;
        long[] max = new long[bands];
        for (int band = 0; band < bands; band++) {
            max[band] = (1L << raster.getSampleModel().getSampleSize(band)) - 1;
        }
        byte[] bytes = new byte[Math.multiplyExact(width * height, channels)];
        if (!alpha && bands == channels && storesBytes(raster)) {
            raster.getDataElements(raster.getMinX(), raster.getMinY(), width, height, bytes);
            return new Pixels(width, height, channels, bytes);
        }
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < channels; channel++) {
                    long value = row[x * bands + channel] & max[channel];
                    bytes[at++] = (byte)
                            (alpha
                                    ? onWhite(
                                            value,
                                            max[channel],
                                            row[x * bands + bands - 1] & max[bands - 1],
                                            max[bands - 1],
                                            model.isAlphaPremultiplied())
                                    : max[channel] == 255 ? value : (value * 255 + max[channel] / 2) / max[channel]);
                }
            }
        }
        return new Pixels(width, height, channels, bytes);
    }

    /** Whether the samples are whole bytes, so that a pixel's data elements are its samples. */
    private static boolean storesBytes(Raster raster) {
        return raster.getTransferType() == DataBuffer.TYPE_BYTE
                && raster.getSampleModel() instanceof ComponentSampleModel model
                && model.getSampleSize(0) == 8;
    }

    private static long onWhite(long value, long max, long alpha, long maxAlpha, boolean premultiplied) {
        double opacity = (double) alpha / maxAlpha;
        double colour = premultiplied ? (double) value / max : (double) value / max * opacity;
        return Math.clamp(Math.round(255 * (colour + 1 - opacity)), 0, 255);
    }

    /** The colour of a packed ARGB value on white. */
    private static int onWhite(int argb) {
        int alpha = argb >>> 24;
        int packed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            packed |= (int) onWhite(argb >> shift & 0xFF, 255, alpha, 255, false) << shift;
        }
        return packed;
    }

    private static Pixels converted(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] bytes = new byte[Math.multiplyExact(width * height, 3)];
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int argb : row) {
                at = put(bytes, at, onWhite(argb), 3);
            }
        }
        return new Pixels(width, height, 3, bytes);
    }

    private static int put(byte[] bytes, int at, int colour, int channels) {
        for (int channel = 0; channel < channels; channel++) {
            bytes[at + channel] = (byte) (colour >> 16 - 8 * channel);
        }
        return at + channels;
    }
}
