package dev.gradus.diffusion.data.image;

import java.util.Arrays;

/**
 * An image in memory.
 *
 * @param width at least 1
 * @param height at least 1
 * @param channels 1 for grey or 3 for red, green, blue
 * @param bytes (height, width, channels), 0 is black
 */
public record Pixels(int width, int height, int channels, byte[] bytes) {
    public Pixels {
        if (width < 1 || height < 1 || (channels != 1 && channels != 3)) {
            throw new IllegalArgumentException("no image has " + channels + " x " + height + " x " + width);
        }
        if (bytes.length != (long) width * height * channels) {
            throw new IllegalArgumentException(
                    bytes.length + " bytes are not " + channels + " x " + height + " x " + width);
        }
    }

    /**
     * With another number of channels. Grey becomes red = green = blue. Colours become the luma of ITU-R BT.601,
     * 0.299 R + 0.587 G + 0.114 B, rounded to the nearest.
     *
     * @param wanted 1 or 3
     */
    public Pixels withChannels(int wanted) {
        if (wanted == channels) {
            return this;
        }
        byte[] converted = new byte[width * height * wanted];
        for (int i = 0; i < width * height; i++) {
            if (wanted == 3) {
                Arrays.fill(converted, 3 * i, 3 * i + 3, bytes[i]);
            } else {
                int luma =
                        299 * (bytes[3 * i] & 0xFF) + 587 * (bytes[3 * i + 1] & 0xFF) + 114 * (bytes[3 * i + 2] & 0xFF);
                converted[i] = (byte) ((luma + 500) / 1000);
            }
        }
        return new Pixels(width, height, wanted, converted);
    }

    /** Records with arrays compare them by identity by default; this compares the contents. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Pixels that
                && width == that.width
                && height == that.height
                && channels == that.channels
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * (31 * width + height) + channels) + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return channels + " x " + height + " x " + width;
    }
}
