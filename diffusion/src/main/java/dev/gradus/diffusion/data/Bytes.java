package dev.gradus.diffusion.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The values of an image as bytes from 0 to 255, and as floats from -1 to 1. */
final class Bytes {
    private static final float[] VALUES = new float[256];

    static {
        for (int i = 0; i < 256; i++) {
            VALUES[i] = i / 127.5f - 1;
        }
    }

    private Bytes() {}

    static float toFloat(int value) {
        return VALUES[value];
    }

    /** To the nearest; what lies outside is clamped, what is no number is 0. */
    static byte toByte(float value) {
        return (byte) Math.clamp(Math.round((value + 1) * 127.5f), 0, 255);
    }

    /** {@link ImageDataset#decode} for a data set that stores bytes. */
    static void decode(ImageDataset dataset, long index, MemorySegment target) {
        int count = dataset.channels() * dataset.height() * dataset.width();
        byte[] bytes = new byte[count];
        dataset.decodeBytes(index, MemorySegment.ofArray(bytes));
        for (int i = 0; i < count; i++) {
            target.setAtIndex(ValueLayout.JAVA_FLOAT, i, VALUES[bytes[i] & 0xFF]);
        }
    }

    /** {@link ImageDataset#decodeBytes} for a data set that does not. */
    static void round(ImageDataset dataset, long index, MemorySegment target) {
        int count = dataset.channels() * dataset.height() * dataset.width();
        float[] values = new float[count];
        dataset.decode(index, MemorySegment.ofArray(values));
        for (int i = 0; i < count; i++) {
            target.set(ValueLayout.JAVA_BYTE, i, toByte(values[i]));
        }
    }
}
