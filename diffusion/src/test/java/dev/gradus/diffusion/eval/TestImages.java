package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * Grey images of noise with a bright square, whose corner is the class: 3 classes that are easy to tell apart.
 *
 * @param labelled whether the classes are told
 * @param seed determines the noise
 */
record TestImages(long size, int width, boolean labelled, long seed) implements ImageDataset {
    @Override
    public int channels() {
        return 1;
    }

    @Override
    public int height() {
        return width;
    }

    @Override
    public int label(long index) {
        return labelled ? corner(index) : 0;
    }

    private static int corner(long index) {
        return (int) (index % 3);
    }

    @Override
    public void decode(long index, MemorySegment target) {
        Random random = new Random(31 * seed + index);
        int half = width / 2;
        for (int y = 0; y < width; y++) {
            for (int x = 0; x < width; x++) {
                boolean bright = y / half == corner(index) / 2 && x / half == corner(index) % 2;
                int level = random.nextInt(128) + (bright ? 128 : 0);
                target.setAtIndex(ValueLayout.JAVA_FLOAT, (long) y * width + x, level / 127.5f - 1);
            }
        }
    }

    /** Some of them as a tensor (N, 1, H, W). */
    Tensor tensor(int count) {
        float[] pixels = new float[count * width * width];
        MemorySegment image = MemorySegment.ofArray(pixels);
        long bytes = 4L * width * width;
        for (int i = 0; i < count; i++) {
            decode(i, image.asSlice(i * bytes, bytes));
        }
        return Torch.tensor(pixels, count, 1, width, width);
    }
}
