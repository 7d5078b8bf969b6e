package dev.gradus.diffusion.model;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.util.List;

/**
 * Numbers as sines and cosines at geometrically spaced frequencies (Vaswani et al., "Attention Is All You Need", 2017, section
 * 3.5).
 */
final class SinCos {
    private static final double BASE = 10000;

    private SinCos() {}

    /** {@code 10000^(-i / (count - shift))} for i from 0, float32. */
    static Tensor frequencies(int count, int shift) {
        return Torch.arange(0, count, 1)
                .to(DType.FLOAT32)
                .mul(-Math.log(BASE))
                .div(count - shift)
                .exp();
    }

    /** (B) and (F) to (B, 2 F). */
    static Tensor of(Tensor values, Tensor frequencies, boolean cosinesFirst) {
        Tensor angle = values.to(DType.FLOAT32).unsqueeze(1).mul(frequencies.unsqueeze(0));
        return Torch.cat(cosinesFirst ? List.of(angle.cos(), angle.sin()) : List.of(angle.sin(), angle.cos()), -1);
    }

    /**
     * The positions of a square grid, row by row: a quarter of the numbers each are the sines and cosines of the column, then
     * of the row. Computed in double, as published.
     *
     * @return (1, size x size, dim) float32
     */
    static Tensor grid(int dim, int size) {
        int quarter = dim / 4;
        float[] values = new float[size * size * dim];
        int at = 0;
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                for (int position : new int[] {column, row}) {
                    for (int i = 0; i < quarter; i++) {
                        double angle = position / Math.pow(BASE, (double) i / quarter);
                        values[at + i] = (float) Math.sin(angle);
                        values[at + quarter + i] = (float) Math.cos(angle);
                    }
                    at += 2 * quarter;
                }
            }
        }
        return Torch.fromArray(values, 1, (long) size * size, dim);
    }
}
