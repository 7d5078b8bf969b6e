package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
