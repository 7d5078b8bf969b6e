package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxDatasetTest {
    @TempDir
    Path folder;

    private void write(int images, int rows, int columns, int labels) throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxFileTest.idx(images, rows, columns));
        Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), IdxFileTest.gzip(IdxFileTest.idx(labels)));
    }

    private static float[] decode(ImageDataset dataset, long index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(4L * dataset.height() * dataset.width(), 4);
            dataset.decode(index, target);
            return target.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @Test
    void pixelsAreMappedToMinusOneToOne() throws IOException {
        write(2, 16, 16, 2);
        IdxDataset dataset = IdxDataset.read(folder, 16, true);
        float[] pixels = decode(dataset, 1);
        assertEquals(-1f, pixels[0]);
        assertEquals(1f, pixels[255]);
        assertEquals(127 / 127.5f - 1, pixels[127]);
        assertEquals(1, dataset.label(1));
    }

    @Test
    void smallImagesAreCentredOnBlack() throws IOException {
        write(1, 2, 3, 1);
        float[] pixels = decode(IdxDataset.read(folder, 6, true), 0);
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 6; x++) {
                boolean inside = y >= 2 && y < 4 && x >= 1 && x < 4;
                int value = inside ? (y - 2) * 3 + x - 1 : 0;
                assertEquals(value / 127.5f - 1, pixels[y * 6 + x]);
            }
        }
    }

    @Test
    void imagesLargerThanTheModelAreRefused() throws IOException {
        write(1, 20, 10, 1);
        String message = assertThrows(DataException.class, () -> IdxDataset.read(folder, 16, false))
                .getMessage();
        assertTrue(
                message.endsWith(
                        "images of 20 x 10 do not fit the model's 16 x 16; set model.sampleSize to at least 20"),
                message);
    }

    @Test
    void otherNumberOfLabelsIsRefused() throws IOException {
        write(3, 2, 2, 2);
        String message = assertThrows(DataException.class, () -> IdxDataset.read(folder, 2, true))
                .getMessage();
        assertTrue(message.contains("holds 2 labels, but"), message);
    }

    @Test
    void missingFolderAndFilesAreNamed() {
        Path missing = folder.resolve("missing");
        assertTrue(assertThrows(DataException.class, () -> IdxDataset.read(missing, 28, false))
                .getMessage()
                .startsWith("data folder " + missing + ": no such folder"));
        assertTrue(assertThrows(DataException.class, () -> IdxDataset.read(folder, 28, false))
                .getMessage()
                .contains("holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz"));
    }

    @Test
    void labelsMayBeMissingWhenNotNeeded() throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxFileTest.idx(2, 2, 2));
        assertEquals(0, IdxDataset.read(folder, 2, false).label(1));
        assertThrows(DataException.class, () -> IdxDataset.read(folder, 2, true));
    }
}
