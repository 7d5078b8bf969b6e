package dev.gradus.diffusion.data.image;

import dev.gradus.diffusion.config.DataConfig;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Brings images to a square of a size: the largest square in the middle is cut out and resampled. Where the square cannot lie
 * exactly in the middle it lies half a pixel further left or up, so that an image with a side of the size asked for is cut,
 * not blurred.
 *
 * <p>Resampling weighs the pixels around each new one with a kernel as wide as a new pixel when scaling down, so nothing
 * aliases, and as wide as an old pixel when scaling up: first along rows, then along columns, rounding to bytes after each, as
 * the library Pillow does. The numbers are taken as they are stored, without linearising them.
 */
public final class Resampler {
    private static final int MAX_CACHED = 256;

    private final DataConfig.Resize kernel;
    private final Map<Line, Weights> cache = new ConcurrentHashMap<>();

    public Resampler(DataConfig.Resize kernel) {
        this.kernel = kernel;
    }

    /** One direction of a resampling: {@code part} pixels of {@code length}, from {@code start} on, become {@code size}. */
    private record Line(int length, int start, int part, int size) {}

    /** For each new pixel the first old one and the weights of it and those after it. */
    private record Weights(int[] first, float[][] weights) {}

    /** The image as (size, size) pixels; any thread may call this. */
    public Pixels square(Pixels image, int size) {
        int side = Math.min(image.width(), image.height());
        int left = (image.width() - side) / 2;
        int top = (image.height() - side) / 2;
        if (side == size) {
            return cut(image, left, top, size);
        }
        return columns(
                rows(image, weights(new Line(image.width(), left, side, size)), size),
                weights(new Line(image.height(), top, side, size)),
                size);
    }

    private static Pixels cut(Pixels image, int left, int top, int size) {
        if (image.width() == size && image.height() == size) {
            return image;
        }
        int channels = image.channels();
        byte[] bytes = new byte[size * size * channels];
        for (int y = 0; y < size; y++) {
            System.arraycopy(
                    image.bytes(),
                    ((top + y) * image.width() + left) * channels,
                    bytes,
                    y * size * channels,
                    size * channels);
        }
        return new Pixels(size, size, channels, bytes);
    }

    private Weights weights(Line line) {
        Weights known = cache.get(line);
        if (known != null) {
            return known;
        }
        Weights made = make(line);
        if (cache.size() < MAX_CACHED) {
            cache.put(line, made);
        }
        return made;
    }

    private Weights make(Line line) {
        double scale = (double) line.part / line.size;
        double width = Math.max(1, scale);
        double reach = support() * width;
        int[] first = new int[line.size];
        float[][] weights = new float[line.size][];
        for (int i = 0; i < line.size; i++) {
            double centre = line.start + (i + 0.5) * scale;
            int from = Math.max(0, (int) Math.floor(centre - reach + 0.5));
            int to = Math.min(line.length, (int) Math.floor(centre + reach + 0.5));
            double[] exact = new double[to - from];
            double sum = 0;
            for (int j = 0; j < exact.length; j++) {
                exact[j] = kernel((from + j + 0.5 - centre) / width);
                sum += exact[j];
            }
            first[i] = from;
            weights[i] = new float[exact.length];
            for (int j = 0; j < exact.length; j++) {
                weights[i][j] = (float) (exact[j] / sum);
            }
        }
        return new Weights(first, weights);
    }

    private double support() {
        return switch (kernel) {
            case BOX -> 0.5;
            case BILINEAR -> 1;
            case BICUBIC -> 2;
            case LANCZOS -> 3;
        };
    }

    private double kernel(double x) {
        double r = Math.abs(x);
        return switch (kernel) {
            case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
            case BILINEAR -> Math.max(0, 1 - r);
            // Keys (1981) with a = -1/2.
            case BICUBIC -> r < 1 ? (1.5 * r - 2.5) * r * r + 1 : r < 2 ? ((-0.5 * r + 2.5) * r - 4) * r + 2 : 0;
            case LANCZOS -> r < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }

    private static Pixels rows(Pixels image, Weights line, int size) {
        int channels = image.channels();
        byte[] source = image.bytes();
        byte[] bytes = new byte[Math.multiplyExact(image.height() * size, channels)];
        int at = 0;
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < size; x++) {
                float[] weights = line.weights[x];
                int start = (y * image.width() + line.first[x]) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    bytes[at++] = weigh(source, start + channel, channels, weights);
                }
            }
        }
        return new Pixels(size, image.height(), channels, bytes);
    }

    private static Pixels columns(Pixels image, Weights line, int size) {
        int stride = image.width() * image.channels();
        byte[] bytes = new byte[size * stride];
        for (int y = 0; y < size; y++) {
            for (int i = 0; i < stride; i++) {
                bytes[y * stride + i] = weigh(image.bytes(), line.first[y] * stride + i, stride, line.weights[y]);
            }
        }
        return new Pixels(size, size, image.channels(), bytes);
    }

    private static byte weigh(byte[] source, int start, int stride, float[] weights) {
        float sum = 0.5f;
        int at = start;
        for (float weight : weights) {
            sum += weight * (source[at] & 0xFF);
            at += stride;
        }
        return (byte) Math.clamp((int) Math.floor(sum), 0, 255);
    }
}
