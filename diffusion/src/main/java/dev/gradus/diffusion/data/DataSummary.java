package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.image.Pixels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a data set holds, found by decoding all of it.
 *
 * @param images how many there are, with the broken ones
 * @param sizes how many have a width and height, as {@code 640 x 480}, the most frequent first
 * @param grey how many are grey
 * @param classes how many each class has, by its name or number; empty where not all images have a class
 * @param captioned how many have a caption
 * @param broken those that cannot be decoded
 */
public record DataSummary(
        long images,
        Map<String, Long> sizes,
        long grey,
        Map<String, Long> classes,
        long captioned,
        List<BrokenImage> broken) {
    public DataSummary {
        broken = List.copyOf(broken);
    }

    /**
     * Decodes all images of a configuration.
     *
     * @throws DataException if the data set cannot be fetched or opened; broken images are only listed
     */
    public static DataSummary of(DataConfig config, int threads, FetchProgress progress) throws DataException {
        try (RawImages images = RawSources.open(config, progress)) {
            return new Count(images).all(threads, progress);
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException("the images cannot be counted: " + FileErrors.reason(e), e);
        }
    }

    /** The counting; the maps are guarded by this. */
    private static final class Count {
        private final RawImages images;
        private final Map<String, Long> sizes = new TreeMap<>();
        private final List<BrokenImage> broken = new ArrayList<>();
        private final AtomicLong done = new AtomicLong();
        private long grey;

        Count(RawImages images) {
            this.images = images;
        }

        DataSummary all(int threads, FetchProgress progress) throws IOException {
            Parallel.run(
                    0,
                    images.size(),
                    threads,
                    this::one,
                    () -> progress.update("Decoding images", done.get(), images.size()));
            broken.sort(Comparator.comparingLong(BrokenImage::index));
            Map<String, Long> classes = new TreeMap<>();
            long captioned = 0;
            for (long i = 0; i < images.size(); i++) {
                if (images.labelled()) {
                    classes.merge(ClassNames.of(images, i), 1L, Long::sum);
                }
                captioned += images.caption(i).isEmpty() ? 0 : 1;
            }
            return new DataSummary(images.size(), sizes, grey, classes, captioned, broken);
        }

        private void one(long index) {
            try {
                Pixels pixels = images.pixels(index);
                count(pixels.width() + " x " + pixels.height(), pixels.channels() == 1);
            } catch (BrokenImageException e) {
                synchronized (this) {
                    broken.add(e.image());
                }
            }
            done.incrementAndGet();
        }

        private synchronized void count(String size, boolean isGrey) {
            sizes.merge(size, 1L, Long::sum);
            grey += isGrey ? 1 : 0;
        }
    }
}
