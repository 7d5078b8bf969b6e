package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.image.ImageGoldens;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrayImagesTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path folder;

    private static ImageDataset open(Path path, int size) throws DataException {
        return Datasets.open(new DataConfig(DataConfig.Format.ARRAY, path.toString(), 1), size, false, SILENT);
    }

    private static byte[] npy(String descr, String shape, byte[] data) {
        String header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
        ByteBuffer file =
                ByteBuffer.allocate(10 + header.length() + data.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
        return file.put(header.getBytes(StandardCharsets.ISO_8859_1)).put(data).array();
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static byte[] counting(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    /** Files that numpy wrote: (2, 4, 4, 3) with pixel i of the whole array being i. */
    @ParameterizedTest
    @ValueSource(strings = {"colour.npy", "planes.npy", "labelled.npz"})
    void arraysOfNumpyAreRead(String name) throws IOException {
        ImageDataset dataset = open(ImageGoldens.path(name), 4);
        assertEquals(2, dataset.size());
        assertEquals(3, dataset.channels());
        byte[] second = ImageFilesTest.bytes(dataset, 1);
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < 16; i++) {
                assertEquals(48 + 3 * i + channel, second[16 * channel + i]);
            }
        }
        assertEquals(name.endsWith("npz") ? 9 : 0, dataset.label(1));
    }

    @Test
    void greyArraysHaveNoDimensionForColours() throws IOException {
        ImageDataset dataset = open(write("a.npy", npy("|u1", "(3, 2, 2)", counting(12))), 2);
        assertEquals(1, dataset.channels());
        assertArrayEquals(new byte[] {8, 9, 10, 11}, ImageFilesTest.bytes(dataset, 2));
    }

    @Test
    void floatsAreFromZeroToOneAndSixteenBitsFromZeroTo65535() throws IOException {
        ByteBuffer floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        floats.putFloat(0).putFloat(0.5f).putFloat(1).putFloat(1.5f);
        ImageDataset dataset = open(write("f.npy", npy("<f4", "(4, 1, 1)", floats.array())), 1);
        assertEquals((byte) 128, ImageFilesTest.bytes(dataset, 1)[0]);
        assertEquals((byte) 255, ImageFilesTest.bytes(dataset, 2)[0]);
        Exception e = assertThrows(UncheckedIOException.class, () -> ImageFilesTest.bytes(dataset, 3));
        assertTrue(
                e.getCause().getMessage().contains("f.npy, image 3: has the value 1.5, which must be from 0 to 1"),
                e.getCause().getMessage());
        ByteBuffer shorts = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        shorts.putShort((short) 257).putShort((short) 65535);
        ImageDataset wide = open(write("s.npy", npy("<u2", "(2, 1, 1)", shorts.array())), 1);
        assertEquals(1, ImageFilesTest.bytes(wide, 0)[0]);
        assertEquals((byte) 255, ImageFilesTest.bytes(wide, 1)[0]);
    }

    @Test
    void safetensorsMayHaveLabels() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (var _ = TensorScope.open()) {
            Tensor images = Torch.fromArray(counting(24), 2, 2, 2, 3);
            SafeTensors.save(path, Map.of("images", images, "labels", Torch.fromArray(new long[] {4, 2}, 2)));
        }
        ImageDataset dataset = open(path, 2);
        assertEquals(List.of(4, 2), List.of(dataset.label(0), dataset.label(1)));
        assertTrue(dataset.labelled());
        assertFalse(dataset.captioned());
        assertArrayEquals(new byte[] {0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}, ImageFilesTest.bytes(dataset, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(2, 5)|u1 -> the images must have the shape (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or 3, not"
                        + " [2, 5]",
                "(1, 5, 1, 2)|u1 -> the images must have the shape (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or"
                        + " 3, not [1, 5, 1, 2]",
                "(0, 2, 2)|u1 -> has no images, or too large ones: the shape is [0, 2, 2]",
                "(9, 9, 9)|u1 -> has 10 bytes for the shape [9, 9, 9]; the file is truncated",
                "(9223372036854775807, 9, 9)|u1 -> has 10 bytes for the shape [9223372036854775807, 9, 9]; the file is"
                        + " truncated",
                "(1, 2, 5)>f4 -> elements of type >f4 are not read; use uint8, uint16, int32, int64, float32 or"
                        + " float64, little-endian",
                "(1)|u1 -> the header cannot be read: {\"descr",
            })
    void arraysThatAreNoImagesAreRefused(String caseText) throws IOException {
        String[] parts = caseText.split(" -> ");
        int end = parts[0].indexOf(')') + 1;
        byte[] data = parts[0].startsWith("(0") ? new byte[0] : new byte[10];
        byte[] file = npy(parts[0].substring(end), parts[0].substring(0, end), data);
        if (parts[0].startsWith("(1)")) {
            file[11] = '"';
        }
        Path path = write("a.npy", file);
        String message = assertThrows(DataException.class, () -> open(path, 2)).getMessage();
        assertTrue(message.startsWith(path + ": " + parts[1]), message);
    }

    @Test
    void damagedFilesAreRefusedOrRead() throws IOException {
        byte[] whole = Files.readAllBytes(ImageGoldens.path("labelled.npz"));
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = i < 20 ? Arrays.copyOf(whole, whole.length * i / 20) : whole.clone();
            for (int j = 0; i >= 20 && j < 1 + i % 4; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Path path = write("a.npz", damaged);
            try {
                ImageFilesTest.bytes(open(path, 2), 0);
            } catch (DataException e) {
                assertTrue(e.getMessage().contains("a.npz"), e.getMessage());
            }
        }
    }

    @Test
    void labelsMustFitTheImages() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (var _ = TensorScope.open()) {
            Tensor images = Torch.fromArray(counting(8), 2, 2, 2);
            SafeTensors.save(path, Map.of("images", images, "labels", Torch.fromArray(new long[] {4, 2, 1}, 3)));
            assertEquals(
                    path + ": has 3 labels, but 2 images",
                    assertThrows(DataException.class, () -> open(path, 2)).getMessage());
            SafeTensors.save(path, Map.of("images", images, "labels", Torch.fromArray(new long[] {4, -2}, 2)));
            assertEquals(
                    path + ": labels[1] must be a whole number from 0 to 1000000, is -2.0",
                    assertThrows(DataException.class, () -> open(path, 2)).getMessage());
        }
    }
}
