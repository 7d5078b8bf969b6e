package dev.gradus.cli;

import dev.gradus.diffusion.sampler.SamplingListener;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture of how images come out of noise. Each image has two rows, from noise to the image: what the sampler had, scaled
 * to the same variance everywhere, and below it what the network thought was behind it.
 */
final class Strip implements SamplingListener {
    private static final int FRAMES = 10;

    /** The values of a frame of all images, one after the other. */
    private record Frame(float[] noisy, float[] estimate) {}

    private final List<Frame> frames = new ArrayList<>();

    @Override
    public void stepped(Step step) {
        if (isFrame(step.index(), step.count())) {
            double length = Math.hypot(step.level().alpha(), step.level().sigma());
            frames.add(new Frame(step.x().div(length).toFloatArray(), step.x0().toFloatArray()));
        }
    }

    /** The first step, the last one, and some in between, equally far apart. */
    static boolean isFrame(int index, int count) {
        if (count <= FRAMES) {
            return true;
        }
        double gap = (count - 1.0) / (FRAMES - 1);
        return Math.round(Math.round(index / gap) * gap) == index;
    }

    /** Images in a row of the picture. */
    int columns() {
        return frames.size() + 1;
    }

    /**
     * The values of all images of the picture, row by row.
     *
     * @param images what came out, one after the other
     * @param count how many images that are
     */
    float[] picture(float[] images, int count) {
        int size = images.length / count;
        float[] picture = new float[2 * columns() * images.length];
        int at = 0;
        for (int i = 0; i < count; i++) {
            for (boolean noisy : new boolean[] {true, false}) {
                for (Frame frame : frames) {
                    System.arraycopy(noisy ? frame.noisy() : frame.estimate(), i * size, picture, at, size);
                    at += size;
                }
                System.arraycopy(images, i * size, picture, at, size);
                at += size;
            }
        }
        return picture;
    }
}
