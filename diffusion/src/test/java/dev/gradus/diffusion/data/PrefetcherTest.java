package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PrefetcherTest {
    /** 10 images of one pixel that hold their index; image {@code broken} cannot be decoded. */
    private record Counting(int broken) implements ImageDataset {
        @Override
        public long size() {
            return 10;
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
            return 1;
        }

        @Override
        public void decode(long index, MemorySegment target) {
            if (index == broken) {
                throw new IllegalStateException("image " + index + " is broken");
            }
            target.set(ValueLayout.JAVA_FLOAT, 0, index);
        }

        @Override
        public int label(long index) {
            return (int) index + 100;
        }
    }

    private static Prefetcher prefetcher(ImageDataset images, int batchSize, long seed, long start, int workers) {
        return new Prefetcher(images, Share.all(batchSize), seed, start, workers, Augmentation.NONE, false);
    }

    private static float[] take(Prefetcher prefetcher, int batches) throws DataException {
        List<Float> all = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            Prefetcher.Buffer buffer = prefetcher.take();
            float[] images = buffer.images().memory().toArray(ValueLayout.JAVA_FLOAT);
            long[] labels = buffer.labels().memory().toArray(ValueLayout.JAVA_LONG);
            for (int j = 0; j < images.length; j++) {
                assertEquals((long) images[j] + 100, labels[j]);
                all.add(images[j]);
            }
            prefetcher.release();
        }
        float[] result = new float[all.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = all.get(i);
        }
        return result;
    }

    @Test
    void batchesAreTheSameForAnyNumberOfThreads() throws DataException {
        float[] expected = null;
        for (int workers : new int[] {1, 2, 7}) {
            try (Prefetcher prefetcher = prefetcher(new Counting(-1), 4, 5, 0, workers)) {
                float[] images = take(prefetcher, 100);
                expected = expected == null ? images : expected;
                assertArrayEquals(expected, images);
            }
        }
        ImageOrder order = new ImageOrder(10, 5);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(order.at(i), (long) expected[i]);
        }
    }

    @Test
    void startingAtAPositionGoesOnWithTheSameImages() throws DataException {
        try (Prefetcher whole = prefetcher(new Counting(-1), 4, 5, 0, 2);
                Prefetcher rest = prefetcher(new Counting(-1), 4, 5, 52, 2)) {
            float[] images = take(whole, 30);
            assertArrayEquals(Arrays.copyOfRange(images, 52, 120), take(rest, 17));
        }
    }

    @Test
    void failureInAThreadReachesTheTaker() {
        try (Prefetcher prefetcher = prefetcher(new Counting(3), 4, 5, 0, 2)) {
            DataException e = assertThrows(DataException.class, () -> take(prefetcher, 10));
            assertTrue(e.getMessage().contains("image 3 is broken"), e.getMessage());
        }
    }

    @Test
    void closingEndsTheThreadsAndMayBeRepeated() {
        Prefetcher prefetcher = prefetcher(new Counting(-1), 4, 5, 0, 3);
        prefetcher.close();
        prefetcher.close();
        assertFalse(Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("gradus-loader")));
        assertThrows(IllegalStateException.class, prefetcher::take);
    }

    @Test
    void thirdTakeWithoutReleaseIsRefused() throws DataException {
        try (Prefetcher prefetcher = prefetcher(new Counting(-1), 4, 5, 0, 1)) {
            prefetcher.take();
            prefetcher.take();
            assertThrows(IllegalStateException.class, prefetcher::take);
            prefetcher.release();
            prefetcher.release();
            assertThrows(IllegalStateException.class, prefetcher::release);
        }
    }
}
