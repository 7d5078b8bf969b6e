package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoaderTest {
    @TempDir
    Path folder;

    @Test
    void batchesHoldTheImagesOfTheirPositions() throws Exception {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxFileTest.idx(10, 4, 6));
        Files.write(folder.resolve("train-labels-idx1-ubyte"), IdxFileTest.idx(10));
        ImageDataset dataset = IdxDataset.read(folder, 6, true);
        ImageOrder order = new ImageOrder(10, 3);
        long before = Torch.liveHandles();
        try (Loader loader = new Loader(dataset, 4, Device.cpu(), 3, 8, 2)) {
            for (int step = 0; step < 5; step++) {
                assertEquals(8 + 4 * step, loader.position());
                try (var _ = TensorScope.open()) {
                    Batch batch = loader.next();
                    assertEquals(4, batch.size());
                    assertArrayEquals(new long[] {4, 1, 6, 6}, batch.images().shape());
                    assertEquals(DType.FLOAT32, batch.images().dtype());
                    assertEquals(DType.INT64, batch.labels().dtype());
                    long[] labels = batch.labels().toLongArray();
                    float[] pixels = batch.images().toFloatArray();
                    for (int i = 0; i < 4; i++) {
                        long image = order.at(8 + 4L * step + i);
                        assertEquals(image, labels[i]);
                        // Row 1 is the first of the image; the one above is padding.
                        assertEquals(((image * 24) & 0xff) / 127.5f - 1, pixels[i * 36 + 6]);
                        assertEquals(-1f, pixels[i * 36]);
                    }
                }
            }
        }
        assertEquals(before, Torch.liveHandles());
    }

    /** Images of one channel whose pixel (y, x) is 10 y + x + 100 times the image's index, as floats. */
    private record Numbered(long size, int height, int width) implements ImageDataset {
        @Override
        public int channels() {
            return 1;
        }

        @Override
        public void decode(long index, MemorySegment target) {
            for (int i = 0; i < height * width; i++) {
                target.setAtIndex(ValueLayout.JAVA_FLOAT, i, 100 * index + 10 * (i / width) + i % width);
            }
        }

        @Override
        public int label(long index) {
            return (int) index;
        }
    }

    private static float[] pixels(Augmentation augmentation, long position, int batches, int workers) throws Exception {
        try (Loader loader = new Loader(new Numbered(9, 4, 5), 3, Device.cpu(), 7, position, workers, augmentation);
                var _ = TensorScope.open()) {
            List<Tensor> all = new ArrayList<>();
            for (int i = 0; i < batches; i++) {
                all.add(loader.next().images());
            }
            return Torch.cat(all, 0).toFloatArray();
        }
    }

    @Test
    void flipsAndCropsAreWhatWasDrawnForThePosition() throws Exception {
        Augmentation augmentation = new Augmentation(true, 2);
        ImageOrder order = new ImageOrder(9, 7);
        float[] pixels = pixels(augmentation, 0, 12, 2);
        Set<Long> flips = new TreeSet<>();
        Set<Long> rows = new TreeSet<>();
        for (int position = 0; position < 36; position++) {
            long flip = augmentation.draw(7, position, 0);
            long top = augmentation.draw(7, position, 1);
            long left = augmentation.draw(7, position, 2);
            flips.add(flip);
            rows.add(top);
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 5; x++) {
                    long row = mirrored(y + top, 4);
                    long column = mirrored(x + left, 5);
                    column = flip == 1 ? 4 - column : column;
                    assertEquals(100 * order.at(position) + 10 * row + column, pixels[position * 20 + y * 5 + x]);
                }
            }
        }
        assertEquals(Set.of(0L, 1L), flips);
        assertEquals(Set.of(-2L, -1L, 0L, 1L, 2L), rows);
    }

    private static long mirrored(long position, long length) {
        return position < 0 ? -position : position >= length ? 2 * (length - 1) - position : position;
    }

    @Test
    void flipsAndCropsDoNotDependOnTheNumberOfThreadsOrTheStart() throws Exception {
        Augmentation augmentation = new Augmentation(true, 1);
        float[] whole = pixels(augmentation, 0, 20, 1);
        assertArrayEquals(whole, pixels(augmentation, 0, 20, 5));
        assertArrayEquals(Arrays.copyOfRange(whole, 8 * 3 * 20, whole.length), pixels(augmentation, 24, 12, 3));
    }

    @Test
    void aCropMustLeaveSomethingToMirror() {
        assertThrows(IllegalArgumentException.class, () -> pixels(new Augmentation(false, 4), 0, 1, 1));
    }

    /** Stored bytes become floats on the device, decoded ones in Java: the bits are the same. */
    @Test
    void bytesBecomeTheFloatsThatTheDataSetDecodes() throws Exception {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxFileTest.idx(1, 16, 16));
        ImageDataset dataset = IdxDataset.read(folder, 16, false);
        float[] decoded = new float[256];
        dataset.decode(0, MemorySegment.ofArray(decoded));
        try (Loader loader = new Loader(dataset, 1, Device.cpu(), 3, 0, 1);
                var _ = TensorScope.open()) {
            assertArrayEquals(decoded, loader.next().images().toFloatArray(), 0f);
        }
        assertEquals(256, Arrays.stream(boxed(decoded)).distinct().count());
    }

    private static Float[] boxed(float[] values) {
        Float[] boxed = new Float[values.length];
        Arrays.setAll(boxed, i -> values[i]);
        return boxed;
    }

    @Test
    void theTimeWaitedIsCountedOnce() throws Exception {
        ImageDataset slow = new ImageDataset() {
            @Override
            public long size() {
                return 2;
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
                LockSupport.parkNanos(20_000_000);
            }

            @Override
            public int label(long index) {
                return 0;
            }
        };
        try (Loader loader = new Loader(slow, 1, Device.cpu(), 3, 0, 1);
                var _ = TensorScope.open()) {
            loader.next();
            loader.next();
            assertTrue(loader.takeWaited() > 10_000_000);
            assertEquals(0, loader.takeWaited());
        }
    }
}
