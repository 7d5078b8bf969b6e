package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};
    private static final int BYTES = 3 * 32 * 32;

    @TempDir
    Path folder;

    /** Images whose class is given and whose bytes are all that plus 100. */
    private static byte[] records(int labelBytes, int... labels) {
        byte[] file = new byte[labels.length * (labelBytes + BYTES)];
        for (int i = 0; i < labels.length; i++) {
            int start = i * (labelBytes + BYTES);
            Arrays.fill(file, start, start + labelBytes + BYTES, (byte) (labels[i] + 100));
            file[start] = 99;
            file[start + labelBytes - 1] = (byte) labels[i];
        }
        return file;
    }

    private ImageDataset open(DataConfig.Format format, int size) throws DataException {
        return Datasets.open(new DataConfig(format, folder.toString(), 1), size, true, SILENT);
    }

    @Test
    void theFilesOfCifar10AreOneSet() throws IOException {
        Files.write(folder.resolve("data_batch_1.bin"), records(1, 3, 1));
        Files.write(folder.resolve("data_batch_2.bin"), records(1, 9));
        Files.writeString(folder.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        ImageDataset dataset = open(DataConfig.Format.CIFAR10, 32);
        assertEquals(3, dataset.size());
        assertEquals(List.of(3, 1, 9), List.of(dataset.label(0), dataset.label(1), dataset.label(2)));
        assertEquals("j", dataset.classes().get(9));
        byte[] expected = new byte[BYTES];
        Arrays.fill(expected, (byte) 109);
        assertArrayEquals(expected, ImageFilesTest.bytes(dataset, 2));
        assertEquals(8, open(DataConfig.Format.CIFAR10, 8).height());
        assertEquals(DataConfig.Format.CIFAR10, Datasets.format(folder));
    }

    @Test
    void theLabelOfCifar100IsTheFineClass() throws IOException {
        Files.write(folder.resolve("train.bin"), records(2, 42, 7));
        ImageDataset dataset = open(DataConfig.Format.CIFAR100, 32);
        assertEquals(List.of(42, 7), List.of(dataset.label(0), dataset.label(1)));
        assertEquals((byte) 142, ImageFilesTest.bytes(dataset, 0)[0]);
        assertEquals(DataConfig.Format.CIFAR100, Datasets.format(folder));
    }

    @Test
    void aTruncatedFileAndAWrongClassAreRefused() throws IOException {
        Path file = folder.resolve("data_batch_1.bin");
        Files.write(file, Arrays.copyOf(records(1, 3, 1), 6000));
        assertEquals(
                file
                        + ": 6000 bytes are not a whole number of images of 3073 bytes; the file is truncated or of"
                        + " another kind",
                assertThrows(DataException.class, () -> open(DataConfig.Format.CIFAR10, 32))
                        .getMessage());
        Files.write(file, records(1, 3, 10));
        assertEquals(
                file + ": image 1, at byte 3073, has the class 10, which must be below 10",
                assertThrows(DataException.class, () -> open(DataConfig.Format.CIFAR10, 32))
                        .getMessage());
        Files.delete(file);
        assertEquals(
                "data folder " + folder + " must hold data_batch_*.bin; set data.path to the folder that does",
                assertThrows(DataException.class, () -> open(DataConfig.Format.CIFAR10, 32))
                        .getMessage());
    }

    /** The archive that the author publishes, with one image, and a member that would leave the folder. */
    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (String name : List.of("cifar-10-batches-bin/data_batch_1.bin", "../../readme.txt")) {
                byte[] content = records(1, 5);
                TarArchiveEntry entry = new TarArchiveEntry(name, true);
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private Cifar cifar(byte[] delivered, byte[] expected) throws IOException {
        DataSource source = new DataSource() {
            @Override
            public String name() {
                return "a place";
            }

            @Override
            public void fetch(Path target, FetchProgress progress) throws IOException {
                Files.write(target.resolve("cifar-10-binary.tar.gz"), delivered);
            }
        };
        return new Cifar(CifarImages.Kind.CIFAR10, folder, source, Digest.sha256(new ByteArrayInputStream(expected)));
    }

    @Test
    void theFetchedArchiveIsCheckedAndUnpackedIntoOneFolder() throws IOException {
        byte[] archive = archive();
        Path fetched = cifar(archive, archive).folder(SILENT);
        assertEquals(1, CifarImages.open(fetched, CifarImages.Kind.CIFAR10).size());
        assertTrue(Files.exists(fetched.resolve("readme.txt")));
        assertEquals(folder.resolve("cifar10"), fetched);
        String message = assertThrows(DataException.class, () -> {
                    Files.move(fetched, folder.resolve("elsewhere"));
                    cifar(records(1, 5), archive).folder(SILENT);
                })
                .getMessage();
        assertTrue(message.contains("a place: cifar-10-binary.tar.gz has another content than expected"), message);
        assertTrue(message.endsWith("and name its folder with data.path"), message);
    }
}
