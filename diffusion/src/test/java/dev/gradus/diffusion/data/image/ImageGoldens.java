package dev.gradus.diffusion.data.image;

import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** The files that {@code src/test/python/make_image_goldens.py} made. */
public final class ImageGoldens {
    private ImageGoldens() {}

    /** A file. */
    public static Path path(String name) {
        try {
            return Path.of(
                    ImageGoldens.class.getResource("/goldens/images/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Pixels pixels(SafeTensors.File file, String name) throws IOException {
        long[] shape = file.info(name).shape();
        return new Pixels(
                (int) shape[1], (int) shape[0], (int) shape[2], file.data(name).toArray(ValueLayout.JAVA_BYTE));
    }

    /** The mean distance of two images of one shape, in steps of 1/255. */
    static double distance(Pixels a, Pixels b) {
        long sum = 0;
        for (int i = 0; i < a.bytes().length; i++) {
            sum += Math.abs((a.bytes()[i] & 0xFF) - (b.bytes()[i] & 0xFF));
        }
        return (double) sum / a.bytes().length;
    }
}
