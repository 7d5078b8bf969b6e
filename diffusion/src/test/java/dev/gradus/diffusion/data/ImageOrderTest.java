package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageOrderTest {
    private static long[] epoch(ImageOrder order, long size, long epoch) {
        return LongStream.range(epoch * size, (epoch + 1) * size).map(order::at).toArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 10, 64, 65, 1000, 60000})
    void everyEpochHasEachImageOnce(long size) {
        ImageOrder order = new ImageOrder(size, 7);
        for (long epoch : new long[] {0, 1, 1000}) {
            long[] sorted = epoch(order, size, epoch);
            Arrays.sort(sorted);
            assertEquals(-1, Arrays.mismatch(LongStream.range(0, size).toArray(), sorted));
        }
    }

    @Test
    void epochsAndSeedsHaveOrdersOfTheirOwn() {
        ImageOrder order = new ImageOrder(1000, 7);
        assertFalse(Arrays.equals(epoch(order, 1000, 0), epoch(order, 1000, 1)));
        assertFalse(Arrays.equals(epoch(order, 1000, 0), epoch(new ImageOrder(1000, 8), 1000, 0)));
        // Neither is epoch 1 of one seed epoch 0 of the next.
        assertFalse(Arrays.equals(epoch(order, 1000, 1), epoch(new ImageOrder(1000, 8), 1000, 0)));
    }

    @Test
    void samePositionIsTheSameImage() {
        long expected = new ImageOrder(60000, 3).at(123_456_789);
        assertEquals(expected, new ImageOrder(60000, 3).at(123_456_789));
    }

    @Test
    void firstImagesOfManySeedsAreSpreadEvenly() {
        // 8,000 seeds over 8 images: 1,000 each are expected, standard deviation 30.
        int[] counts = new int[8];
        for (int seed = 0; seed < 8000; seed++) {
            counts[(int) new ImageOrder(8, seed).at(0)]++;
        }
        assertTrue(Arrays.stream(counts).allMatch(count -> count > 850 && count < 1150), Arrays.toString(counts));
    }

    @Test
    void neighboursInTheOrderAreUnrelated() {
        // The correlation of consecutive images of a random order is 0 within about 1 / sqrt(60000) = 0.004.
        long[] images = epoch(new ImageOrder(60000, 1), 60000, 0);
        double mean = 59999 / 2.0;
        double covariance = 0;
        double variance = 0;
        for (int i = 0; i + 1 < images.length; i++) {
            covariance += (images[i] - mean) * (images[i + 1] - mean);
            variance += (images[i] - mean) * (images[i] - mean);
        }
        assertEquals(0, covariance / variance, 0.02);
    }
}
