package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Tries whether images can be decoded. */
final class ImageCheck {
    private ImageCheck() {}

    /** Decodes all images; returns those that cannot be, in their order. */
    static List<BrokenImage> broken(ResizedImages images, int threads, FetchProgress progress) throws DataException {
        List<BrokenImage> broken = Collections.synchronizedList(new ArrayList<>());
        AtomicLong done = new AtomicLong();
        int bytes = images.channels() * images.height() * images.width();
        ThreadLocal<MemorySegment> target = ThreadLocal.withInitial(() -> MemorySegment.ofArray(new byte[bytes]));
        try {
            Parallel.run(
                    0,
                    images.size(),
                    threads,
                    index -> {
                        try {
                            images.read(index, target.get());
                        } catch (BrokenImageException e) {
                            broken.add(e.image());
                        }
                        done.incrementAndGet();
                    },
                    () -> progress.update("Checking images", done.get(), images.size()));
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw new DataException("images cannot be checked: " + FileErrors.reason(e), e);
        }
        broken.sort(Comparator.comparingLong(BrokenImage::index));
        return List.copyOf(broken);
    }
}
