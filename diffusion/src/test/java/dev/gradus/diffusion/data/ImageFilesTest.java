package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFilesTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path folder;

    /** How files are put together. */
    enum Container {
        FOLDER,
        ZIP,
        TAR,
        SHARDS;

        Path write(Path under, Map<String, byte[]> files) throws IOException {
            switch (this) {
                case FOLDER -> {
                    Path root = under.resolve("images");
                    for (var file : files.entrySet()) {
                        Path path = root.resolve(file.getKey());
                        Files.createDirectories(path.getParent());
                        Files.write(path, file.getValue());
                    }
                    return root;
                }
                case ZIP -> {
                    Path zip = under.resolve("images.zip");
                    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
                        for (var file : files.entrySet()) {
                            out.putNextEntry(new ZipEntry(file.getKey()));
                            out.write(file.getValue());
                        }
                    }
                    return zip;
                }
                case TAR -> {
                    return tar(under.resolve("images.tar"), files);
                }
                case SHARDS -> {
                    Path shards = Files.createDirectory(under.resolve("shards"));
                    tar(shards.resolve("shard-0.tar"), files);
                    return shards;
                }
            }
            throw new AssertionError(this);
        }
    }

    private static Path tar(Path path, Map<String, byte[]> files) throws IOException {
        try (OutputStream file = Files.newOutputStream(path);
                TarArchiveOutputStream out = new TarArchiveOutputStream(file)) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (var entry : files.entrySet()) {
                TarArchiveEntry header = new TarArchiveEntry(entry.getKey(), true);
                header.setSize(entry.getValue().length);
                out.putArchiveEntry(header);
                out.write(entry.getValue());
                out.closeArchiveEntry();
            }
        }
        return path;
    }

    static byte[] png(int width, int height, int rgb) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, rgb);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static DataConfig config(Path path) {
        return new DataConfig(DataConfig.Format.IMAGES, path.toString(), 2);
    }

    private static ImageDataset open(Path path, int size) throws DataException {
        return Datasets.open(config(path), size, false, SILENT);
    }

    static byte[] bytes(ImageDataset dataset, long index) {
        byte[] bytes = new byte[dataset.channels() * dataset.height() * dataset.width()];
        dataset.decodeBytes(index, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static List<Integer> labels(ImageDataset dataset) {
        return LongStream.range(0, dataset.size()).mapToObj(dataset::label).toList();
    }

    private static List<String> captions(ImageDataset dataset) {
        return LongStream.range(0, dataset.size()).mapToObj(dataset::caption).toList();
    }

    private static Map<String, byte[]> two() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("dogs/b.png", png(2, 2, 0x010203));
        files.put("cats/deep/a.png", png(2, 2, 0x040506));
        return files;
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void imagesComeByPathAndTheUppermostFolderIsTheClass(Container container) throws IOException {
        Map<String, byte[]> files = two();
        files.put("dogs/notes.md", text("no image"));
        files.put("dogs/.hidden.png", text("not looked at"));
        ImageDataset dataset = open(container.write(folder, files), 1);
        assertEquals(2, dataset.size());
        assertEquals(List.of("cats", "dogs"), dataset.classes());
        assertEquals(List.of(0, 1), labels(dataset));
        assertArrayEquals(new byte[] {4, 5, 6}, bytes(dataset, 0));
        assertArrayEquals(new byte[] {1, 2, 3}, bytes(dataset, 1));
        assertFalse(dataset.captioned());
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void captionsAndClassesMayLieBesideTheImage(Container container) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("0001.png", png(2, 2, 0));
        files.put("0001.txt", text("a black square\n"));
        files.put("0001.cls", text("7"));
        files.put("0002.seg.png", png(2, 2, 0));
        files.put("0002.json", text("{\"caption\": \"another\", \"cls\": 3}"));
        ImageDataset dataset = open(container.write(folder, files), 2);
        assertEquals(List.of("a black square", "another"), captions(dataset));
        assertEquals(List.of(7, 3), labels(dataset));
        assertEquals(List.of(), dataset.classes());
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void linesOfMetadataGoBeforeWhatLiesBeside(Container container) throws IOException {
        Map<String, byte[]> files = two();
        files.put("dogs/b.txt", text("from the text"));
        files.put("metadata.jsonl", text("""
            {"file_name": "cats/deep/a.png", "text": "a cat", "label": "tiger"}

            {"file_name": "dogs/b.png", "text": "a dog"}
            """));
        ImageDataset dataset = open(container.write(folder, files), 2);
        assertEquals(List.of("a cat", "a dog"), captions(dataset));
        assertEquals(List.of("dogs", "tiger"), dataset.classes());
        assertEquals(List.of(1, 0), labels(dataset));
    }

    @Test
    void metadataMayBeCsvWithNamesRelativeToIt() throws IOException {
        Map<String, byte[]> files = two();
        files.put("dogs/metadata.csv", text("file_name,caption\nb.png,\"sits, and \"\"barks\"\"\"\n"));
        assertEquals(List.of("", "sits, and \"barks\""), captions(open(Container.FOLDER.write(folder, files), 2)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"file_name\": \"../a.png\"} -> line 1: the path '../a.png' leaves the root",
                "{\"file_name\": \"/etc/passwd\"} -> line 1: the path '/etc/passwd' leaves the root",
                "{\"file_name\": \"none.png\"} -> line 1: there is no file none.png",
                "{\"text\": \"nameless\"} -> line 1: must have a file_name",
                "{\"file_name\": -> line 1: is no JSON",
            })
    void damagedMetadataAreRefusedWithTheirLine(String lineAndMessage) throws IOException {
        String[] parts = lineAndMessage.split(" -> ");
        Map<String, byte[]> files = two();
        files.put("metadata.jsonl", text(parts[0]));
        Path path = Container.FOLDER.write(folder, files);
        String message = assertThrows(DataException.class, () -> open(path, 2)).getMessage();
        assertTrue(message.contains("metadata.jsonl, " + parts[1]), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../out.png", "/etc/out.png", "a/../../out.png", "a\\..\\..\\out.png", "C:\\out.png"})
    void pathsThatLeaveTheArchiveAreRefused(String name) throws IOException {
        Map<String, byte[]> files = two();
        files.put(name, png(2, 2, 0));
        for (Path path : List.of(Container.ZIP.write(folder, files), Container.TAR.write(folder, files))) {
            String message =
                    assertThrows(DataException.class, () -> open(path, 2)).getMessage();
            assertTrue(message.startsWith(path + ": the path '") && message.contains("leaves the root"), message);
        }
    }

    @Test
    void linksInATarFileAreRefused() throws IOException {
        Path path = folder.resolve("links.tar");
        try (OutputStream file = Files.newOutputStream(path);
                TarArchiveOutputStream out = new TarArchiveOutputStream(file)) {
            TarArchiveEntry link = new TarArchiveEntry("a.png", TarArchiveEntry.LF_SYMLINK);
            link.setLinkName("/etc/passwd");
            out.putArchiveEntry(link);
            out.closeArchiveEntry();
        }
        assertTrue(assertThrows(DataException.class, () -> open(path, 2))
                .getMessage()
                .startsWith(path + ": 'a.png' is a link"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"images.zip", "images.tar"})
    void aTruncatedArchiveIsRefused(String name) throws IOException {
        Map<String, byte[]> files = two();
        files.put("large.png", new byte[5000]);
        Container.ZIP.write(folder, files);
        Container.TAR.write(folder, files);
        Path path = folder.resolve(name);
        byte[] whole = Files.readAllBytes(path);
        Files.write(path, Arrays.copyOf(whole, whole.length / 2));
        String message = assertThrows(DataException.class, () -> open(path, 2)).getMessage();
        assertTrue(message.startsWith(path + ": "), message);
    }

    @Test
    void anEmptySetIsRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals(
                empty + ": has no images among its 0 files; PNG, JPEG, WebP, GIF, BMP and TIFF are read",
                assertThrows(DataException.class, () -> open(empty, 2)).getMessage());
    }

    @Test
    void oneImageIsASet() throws IOException {
        Path path = Container.FOLDER.write(folder, Map.of("only/a.png", png(5, 3, 0x112233)));
        ImageDataset dataset = open(path, 2);
        assertEquals(1, dataset.size());
        assertEquals(0, new ImageOrder(1, 4).at(17));
        assertArrayEquals(
                new byte[] {0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22, 0x33, 0x33, 0x33, 0x33}, bytes(dataset, 0));
    }

    @Test
    void imagesOfDifferentSizesAndGreyOnesComeAsOneShape() throws IOException {
        BufferedImage grey = new BufferedImage(7, 9, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster()
                .setSamples(
                        0,
                        0,
                        7,
                        9,
                        0,
                        Collections.nCopies(63, 77).stream().mapToInt(i -> i).toArray());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(grey, "png", out);
        Path path = Container.FOLDER.write(
                folder, Map.of("a.png", png(30, 20, 0xFF0000), "b.png", out.toByteArray(), "c.png", png(1, 1, 0xFF)));
        ImageDataset colour = open(path, 1);
        assertEquals(3, colour.channels());
        assertArrayEquals(new byte[] {77, 77, 77}, bytes(colour, 1));
        ImageDataset luma = Datasets.open(
                new DataConfig(
                        DataConfig.Format.IMAGES,
                        path.toString(),
                        1,
                        1,
                        DataConfig.Resize.BOX,
                        DataConfig.Broken.FAIL,
                        false,
                        0),
                4,
                false,
                SILENT);
        assertEquals(1, luma.channels());
        assertArrayEquals(
                new int[] {76, 77, 29},
                new int[] {bytes(luma, 0)[15] & 0xFF, bytes(luma, 1)[0] & 0xFF, bytes(luma, 2)[3] & 0xFF});
    }

    @Test
    void aBrokenImageIsNamedWithTheReason() throws IOException {
        Map<String, byte[]> files = two();
        files.put("dogs/c.png", text("no image at all"));
        Path path = Container.ZIP.write(folder, files);
        ImageDataset dataset = open(path, 2);
        Exception e = assertThrows(UncheckedIOException.class, () -> bytes(dataset, 2));
        assertEquals(
                path + "!dogs/c.png: not a PNG, JPEG, WebP, GIF, BMP or TIFF image; repair or remove the image, or set"
                        + " data.broken to skip",
                e.getCause().getMessage());
    }

    @Test
    void brokenImagesAreLeftOutWhereThatIsAskedFor() throws IOException {
        Map<String, byte[]> files = two();
        files.put("cats/a.jpg", text("no image at all"));
        Path path = Container.FOLDER.write(folder, files);
        DataConfig skip = new DataConfig(
                DataConfig.Format.IMAGES,
                path.toString(),
                2,
                null,
                DataConfig.Resize.LANCZOS,
                DataConfig.Broken.SKIP,
                false,
                0);
        ImageDataset dataset = Datasets.open(skip, 1, true, SILENT);
        assertEquals(2, dataset.size());
        assertEquals(List.of(0, 1), labels(dataset));
        assertArrayEquals(new byte[] {4, 5, 6}, bytes(dataset, 0));
        Files.delete(path.resolve("dogs/b.png"));
        Files.delete(path.resolve("cats/deep/a.png"));
        assertEquals(
                "all 1 images are broken; the first is " + path.resolve("cats/a.jpg")
                        + ": not a PNG, JPEG, WebP, GIF, BMP or TIFF image",
                assertThrows(DataException.class, () -> Datasets.open(skip, 1, true, SILENT))
                        .getMessage());
    }

    @Test
    void classesAreRequiredOfAllImages() throws IOException {
        Map<String, byte[]> files = two();
        files.put("loose.png", png(1, 1, 0));
        Path path = Container.FOLDER.write(folder, files);
        assertFalse(open(path, 2).labelled());
        assertEquals(
                "the network takes classes, but not all images of data.format images have one: the first is "
                        + path.resolve("loose.png"),
                assertThrows(DataException.class, () -> Datasets.open(config(path), 2, true, SILENT))
                        .getMessage());
    }
}
