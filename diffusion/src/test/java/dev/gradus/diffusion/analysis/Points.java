package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.data.ImageDataset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Points of a space as images of one row. */
record Points(float[]... values) implements ImageDataset {
    /** Numbers as points of the line. */
    static Points onALine(double... values) {
        float[][] points = new float[values.length][];
        for (int i = 0; i < values.length; i++) {
            points[i] = new float[] {(float) values[i]};
        }
        return new Points(points);
    }

    @Override
    public long size() {
        return values.length;
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public int height() {
        return 1;
    }

    @Override
    public int width() {
        return values[0].length;
    }

    @Override
    public void decode(long index, MemorySegment target) {
        float[] point = values[(int) index];
        MemorySegment.copy(point, 0, target, ValueLayout.JAVA_FLOAT, 0, point.length);
    }

    @Override
    public int label(long index) {
        return 0;
    }
}
