package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FeatureStatisticsTest {
    private static Tensor features(long seed, long... shape) {
        try (Generator generator = Generator.cpu(seed)) {
            return Torch.randn(generator, TensorOptions.of(DType.FLOAT64), shape);
        }
    }

    @Test
    void batchesOfAnySizeGiveTheMomentsOfAll() {
        try (var _ = TensorScope.open();
                FeatureStatistics statistics = new FeatureStatistics(5)) {
            Tensor all = features(1, 100, 5).matmul(features(2, 5, 5));
            long start = 0;
            for (long size : new long[] {1, 1, 30, 7, 60, 1}) {
                statistics.add(all.narrow(0, start, size));
                start += size;
            }
            Moments moments = statistics.moments();
            assertEquals(100, moments.count());
            assertArrayEquals(all.mean(0L).toDoubleArray(), moments.mean().toDoubleArray(), 1e-14);
            assertArrayEquals(
                    all.transpose(0, 1).cov().contiguous().toDoubleArray(),
                    moments.covariance().contiguous().toDoubleArray(),
                    1e-13);
        }
    }

    /** Sums of squares of numbers near 1e8 would have no digit left for a variance of 1. */
    @Test
    void aLargeMeanDoesNotCancelTheCovariance() {
        try (var _ = TensorScope.open();
                FeatureStatistics statistics = new FeatureStatistics(3)) {
            Tensor small = features(3, 200, 3);
            Tensor large = small.add(1e8);
            for (long start = 0; start < 200; start += 25) {
                statistics.add(large.narrow(0, start, 25));
            }
            // Adding 1e8 rounds the features themselves by up to 7e-9.
            assertArrayEquals(
                    small.transpose(0, 1).cov().contiguous().toDoubleArray(),
                    statistics.moments().covariance().contiguous().toDoubleArray(),
                    1e-7);
        }
    }

    /** 16,000 x 1,024 features would be 125 MiB; two matrices and two batches are 20 MiB. */
    @Test
    void memoryDoesNotGrowWithTheNumberOfImages() throws Exception {
        try (FeatureStatistics statistics = new FeatureStatistics(1_024)) {
            long before = 0;
            for (int i = 0; i < 64; i++) {
                try (var _ = TensorScope.open();
                        Generator generator = Generator.cpu(i)) {
                    statistics.add(Torch.randn(generator, 250, 1_024));
                }
                if (i == 1) {
                    before = residentKilobytes();
                }
            }
            long grown = residentKilobytes() - before;
            assertEquals(16_000, statistics.count());
            assertTrue(grown < 40 << 10, "grew by " + grown + " KiB");
        }
    }

    private static long residentKilobytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatCannotBeAddedIsRefusedAndChangesNothing() {
        try (var _ = TensorScope.open();
                FeatureStatistics statistics = new FeatureStatistics(2)) {
            statistics.add(features(4, 3, 2));
            double[] before = statistics.moments().covariance().contiguous().toDoubleArray();
            Tensor infinite = features(5, 3, 2);
            infinite.set(Double.POSITIVE_INFINITY, 0, 0);
            assertThrows(IllegalArgumentException.class, () -> statistics.add(infinite));
            assertThrows(IllegalArgumentException.class, () -> statistics.add(features(5, 3, 4)));
            assertThrows(IllegalArgumentException.class, () -> statistics.add(features(5, 2)));
            assertThrows(IllegalArgumentException.class, () -> statistics.add(features(5, 0, 2)));
            assertEquals(3, statistics.count());
            assertArrayEquals(
                    before, statistics.moments().covariance().contiguous().toDoubleArray());
        }
    }

    @Test
    void oneImageHasNoCovariance() {
        try (var _ = TensorScope.open();
                FeatureStatistics statistics = new FeatureStatistics(2)) {
            statistics.add(features(1, 1, 2));
            String message = assertThrows(IllegalStateException.class, statistics::moments)
                    .getMessage();
            assertEquals("a covariance needs at least 2 images, there are 1", message);
        }
    }
}
