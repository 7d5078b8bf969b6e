package dev.gradus.diffusion.data;

import dev.gradus.diffusion.data.image.Pixels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The two ways in which the colours of an image lie: (C, H, W), plane by plane, and (H, W, C), pixel by pixel. */
final class Planes {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private Planes() {}

    /** An image from (C, H, W) bytes. */
    static Pixels interleave(MemorySegment planes, int channels, int height, int width) {
        byte[] bytes = new byte[channels * height * width];
        int plane = height * width;
        for (int channel = 0; channel < channels; channel++) {
            for (int i = 0; i < plane; i++) {
                bytes[i * channels + channel] = planes.get(BYTE, (long) channel * plane + i);
            }
        }
        return new Pixels(width, height, channels, bytes);
    }

    /** Writes an image as (C, H, W) bytes. */
    static void write(Pixels image, MemorySegment target) {
        byte[] bytes = image.bytes();
        int channels = image.channels();
        int plane = image.height() * image.width();
        for (int channel = 0; channel < channels; channel++) {
            for (int i = 0; i < plane; i++) {
                target.set(BYTE, (long) channel * plane + i, bytes[i * channels + channel]);
            }
        }
    }
}
