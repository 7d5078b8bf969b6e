package dev.gradus.diffusion.data;

import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The images of a data set that can be decoded, in its order. */
final class SoundImages implements ImageView {
    private static final Logger LOGGER = LogManager.getLogger(SoundImages.class);

    private final ImageDataset dataset;
    private final long[] indices;

    private SoundImages(ImageDataset dataset, long[] indices) {
        this.dataset = dataset;
        this.indices = indices;
    }

    /**
     * Decodes all images once, and warns of each broken one with its path and the reason.
     *
     * @throws DataException if all are broken
     */
    static ImageDataset of(ResizedImages images, int threads, FetchProgress progress) throws DataException {
        List<BrokenImage> broken = ImageCheck.broken(images, threads, progress);
        if (broken.isEmpty()) {
            return images;
        }
        broken.forEach(image -> LOGGER.warn("left out: {}", image));
        LOGGER.warn("{} of {} images are broken and left out", broken.size(), images.size());
        if (broken.size() == images.size()) {
            throw new DataException("all " + images.size() + " images are broken; the first is " + broken.getFirst());
        }
        long[] sound = new long[Math.toIntExact(images.size() - broken.size())];
        int next = 0;
        int skipped = 0;
        for (long i = 0; i < images.size(); i++) {
            if (skipped < broken.size() && broken.get(skipped).index() == i) {
                skipped++;
            } else {
                sound[next++] = i;
            }
        }
        return new SoundImages(images, sound);
    }

    @Override
    public ImageDataset dataset() {
        return dataset;
    }

    @Override
    public long at(long index) {
        return indices[Math.toIntExact(index)];
    }

    @Override
    public long size() {
        return indices.length;
    }
}
