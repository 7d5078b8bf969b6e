package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PackingTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    /** A piece of a packed file has this many images of 512 x 512. */
    private static final int PIECE = 5;

    private static final int SIZE = 512;
    private static final int COUNT = 23;

    @TempDir
    Path folder;

    private Path images;
    private Path target;

    @BeforeEach
    void writeImages() throws IOException {
        images = folder.resolve("images");
        for (int i = 0; i < COUNT; i++) {
            Path path = images.resolve((i % 2 == 0 ? "even/" : "odd/") + (100 + i) + ".png");
            Files.createDirectories(path.getParent());
            Files.write(path, ImageFilesTest.png(3 + i, 4, 0x010000 * i + 7));
            Files.writeString(path.resolveSibling((100 + i) + ".txt"), "ünumber " + i);
        }
        target = folder.resolve("packed.safetensors");
    }

    private DataConfig config(DataConfig.Broken broken) {
        return new DataConfig(DataConfig.Format.IMAGES, images.toString(), 1).with(broken);
    }

    private Packing.Result pack(DataConfig.Broken broken, FetchProgress progress) throws IOException {
        return Packing.pack(config(broken), SIZE, target, 2, progress);
    }

    private ImageDataset packed(int size) throws DataException {
        return Datasets.open(new DataConfig(DataConfig.Format.ARRAY, target.toString(), 1), size, true, SILENT);
    }

    /** The packed images are those that the folder gives, but for some. */
    private void assertPacked(List<Integer> without) throws IOException {
        ImageDataset expected = Datasets.open(config(DataConfig.Broken.FAIL), SIZE, true, SILENT);
        ImageDataset packed = packed(SIZE);
        assertEquals(expected.size() - without.size(), packed.size());
        assertEquals(List.of("even", "odd"), packed.classes());
        int at = 0;
        for (int i = 0; i < expected.size(); i++) {
            if (!without.contains(i)) {
                assertArrayEquals(ImageFilesTest.bytes(expected, i), ImageFilesTest.bytes(packed, at));
                assertEquals(expected.label(i), packed.label(at));
                assertEquals(expected.caption(i), packed.caption(at));
                at++;
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(images, target), left.sorted().toList());
        }
    }

    @Test
    void aPackedFileHasTheImagesClassesAndCaptions() throws IOException {
        assertEquals(new Packing.Result(COUNT, List.of(), 0), pack(DataConfig.Broken.FAIL, SILENT));
        assertPacked(List.of());
        try (SafeTensors.File file = SafeTensors.read(target)) {
            assertArrayEquals(
                    new long[] {COUNT, 3, SIZE, SIZE}, file.info("images").shape());
        }
    }

    @Test
    void aPackedFileCanBeReadAtAnotherSize() throws IOException {
        pack(DataConfig.Broken.FAIL, SILENT);
        assertEquals(16, packed(16).height());
        assertEquals(7, ImageFilesTest.bytes(packed(16), 0)[2 * 256]);
    }

    @Test
    void brokenImagesAreLeftOutAndListed() throws IOException {
        // In the order of paths: the even ones, then the odd ones.
        Files.writeString(images.resolve("even/100.png"), "broken");
        Files.writeString(images.resolve("even/112.png"), "broken");
        Files.writeString(images.resolve("odd/121.png"), "");
        Packing.Result result = pack(DataConfig.Broken.SKIP, SILENT);
        assertEquals(20, result.images());
        assertEquals(
                List.of(
                        images.resolve("even/100.png") + ": not a PNG, JPEG, WebP, GIF, BMP or TIFF image",
                        images.resolve("even/112.png") + ": not a PNG, JPEG, WebP, GIF, BMP or TIFF image",
                        images.resolve("odd/121.png") + ": the file is empty"),
                result.broken().stream().map(BrokenImage::toString).toList());
        assertPacked(List.of(0, 6, 22));
    }

    @Test
    void aBrokenImageEndsTheWorkWhereThatIsAskedFor() throws IOException {
        Path broken = images.resolve("odd/121.png");
        Files.writeString(broken, "broken");
        String expected =
                broken + ": not a PNG, JPEG, WebP, GIF, BMP or TIFF image; repair or remove the image, or leave"
                        + " out broken ones with --broken skip";
        assertEquals(
                expected,
                assertThrows(DataException.class, () -> pack(DataConfig.Broken.FAIL, SILENT))
                        .getMessage());
        assertFalse(Files.exists(target));
        // Also when an earlier call has left it out.
        assertThrows(CancellationException.class, () -> pack(DataConfig.Broken.SKIP, this::stopAtTheEnd));
        assertEquals(
                expected,
                assertThrows(DataException.class, () -> pack(DataConfig.Broken.FAIL, SILENT))
                        .getMessage());
    }

    private void stopAtTheEnd(String what, long done, long total) {
        if (what.equals("Packing images") && done == total) {
            throw new CancellationException();
        }
    }

    /** What a call leaves behind that is killed after two pieces, in the middle of writing the journal's next line. */
    private void killedAfterTwoPieces() throws IOException {
        assertThrows(CancellationException.class, () -> pack(DataConfig.Broken.SKIP, this::stopAtTheEnd));
        Path journal = folder.resolve("packed.safetensors.part.jsonl");
        List<String> lines = Files.readAllLines(journal);
        assertEquals(1 + (COUNT + PIECE - 1) / PIECE, lines.size());
        Files.writeString(journal, String.join("\n", lines.subList(0, 3)) + "\n{\"piece\": 4, \"bro");
    }

    @Test
    void aKilledCallIsGoneOnWith() throws IOException {
        killedAfterTwoPieces();
        Packing.Result result = pack(DataConfig.Broken.SKIP, SILENT);
        assertTrue(result.resumed() >= PIECE && result.resumed() <= 2 * PIECE, "resumed " + result.resumed());
        assertPacked(List.of());
    }

    @Test
    void otherImagesAreNotGoneOnWith() throws IOException {
        killedAfterTwoPieces();
        Files.write(images.resolve("even/100.png"), ImageFilesTest.png(90, 90, 0x123456));
        assertEquals(0, pack(DataConfig.Broken.SKIP, SILENT).resumed());
        assertPacked(List.of());
    }

    @Test
    void aCallThatWasKilledWhileItMovedImagesBeginsAnew() throws IOException {
        killedAfterTwoPieces();
        Path journal = folder.resolve("packed.safetensors.part.jsonl");
        List<String> lines = Files.readAllLines(journal);
        Files.writeString(journal, String.join("\n", lines.subList(0, 3)) + "\n{\"finishing\":true}\n");
        assertEquals(0, pack(DataConfig.Broken.SKIP, SILENT).resumed());
        assertPacked(List.of());
    }

    @Test
    void anExistingFileIsNotReplaced() throws IOException {
        Files.writeString(target, "mine");
        assertEquals(
                target + " exists already; remove it or choose another name",
                assertThrows(DataException.class, () -> pack(DataConfig.Broken.FAIL, SILENT))
                        .getMessage());
        assertEquals("mine", Files.readString(target));
    }

    @Test
    void aSecondProcessIsRefused() throws IOException {
        try (FileChannel channel = FileChannel.open(
                        folder.resolve("packed.safetensors.part"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            assertEquals(
                    target + " is being packed by another process",
                    assertThrows(DataException.class, () -> pack(DataConfig.Broken.FAIL, SILENT))
                            .getMessage());
        }
    }
}
