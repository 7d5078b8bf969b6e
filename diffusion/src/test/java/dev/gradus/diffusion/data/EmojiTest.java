package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmojiTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path cache;

    /** A package with two emoji, one of them with a skin tone and one variation that has no picture. */
    private static final DataSource PACKAGE = new DataSource() {
        @Override
        public String name() {
            return "a package";
        }

        @Override
        public void fetch(Path folder, FetchProgress progress) throws IOException {
            Path images = Files.createDirectories(folder.resolve("package/img/google/64"));
            Files.writeString(folder.resolve("package/emoji.json"), """
                [{"name": "WAVING HAND SIGN", "image": "a.png", "category": "People", "has_img_google": true,
                  "skin_variations": {
                    "1F3FE": {"image": "b.png", "has_img_google": true},
                    "1F3FB-1F3FF": {"image": "none.png", "has_img_google": false}}},
                 {"name": "Jordan Flag", "image": "c.png", "category": "Flags", "has_img_google": true}]
                """);
            image(images.resolve("a.png"), 0xFF000000);
            image(images.resolve("b.png"), 0x00123456);
            image(images.resolve("c.png"), 0x80FF0000);
        }
    };

    /** The left half in a colour, the right half in opaque blue. */
    private static void image(Path file, int argb) throws IOException {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                image.setRGB(x, y, x < 32 ? argb : 0xFF0000FF);
            }
        }
        ImageIO.write(image, "png", file.toFile());
    }

    private CaptionedDataset dataset(int size) throws IOException {
        return CaptionedDataset.read(new Emoji(cache, PACKAGE).folder(SILENT), size);
    }

    private static float[] decode(ImageDataset data, long index) {
        try (Arena arena = Arena.ofConfined()) {
            long count = (long) data.channels() * data.height() * data.width();
            MemorySegment target = arena.allocate(ValueLayout.JAVA_FLOAT, count);
            data.decode(index, target);
            return target.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @Test
    void captionsAreLowerCaseWithTheirSkinTonesAndClassesAreCategories() throws IOException {
        CaptionedDataset data = dataset(32);
        assertEquals(3, data.size());
        assertTrue(data.captioned() && data.labelled());
        assertEquals("waving hand sign", data.caption(0));
        assertEquals("waving hand sign, medium-dark skin tone", data.caption(1));
        assertEquals("jordan flag", data.caption(2));
        assertEquals(List.of("Flags", "People"), data.classes());
        assertArrayEquals(new int[] {1, 1, 0}, new int[] {data.label(0), data.label(1), data.label(2)});
    }

    @Test
    void whatIsTransparentIsWhite() throws IOException {
        CaptionedDataset data = dataset(2);
        // Channels, rows, columns: left and right.
        assertArrayEquals(new float[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, 1, -1, 1}, decode(data, 0), 1e-6f);
        assertArrayEquals(new float[] {1, -1, 1, -1, 1, -1, 1, -1, 1, 1, 1, 1}, decode(data, 1), 1e-6f);
        // Alpha 128 of red 255, green and blue 0: 255, 127, 127.
        float half = 127 / 127.5f - 1;
        assertArrayEquals(new float[] {1, -1, 1, -1, half, -1, half, -1, half, 1, half, 1}, decode(data, 2), 1e-6f);
    }

    @Test
    void scalingDownAveragesSquares() throws IOException {
        CaptionedDataset data = dataset(1);
        // Half black, half blue: 0, 0, 127.5.
        assertArrayEquals(new float[] {-1, -1, 0}, decode(data, 0), 1e-6f);
    }

    @Test
    void fetchedFilesAreKeptAndUsedAgain() throws IOException {
        Path folder = new Emoji(cache, PACKAGE).folder(SILENT);
        assertFalse(Files.exists(folder.resolve("fetched")));
        DataSource none = new WebFolder("none", List.of());
        assertEquals(folder, new Emoji(cache, none).folder(SILENT));
    }

    @Test
    void aFailureNamesTheSourceAndLeavesNothing() throws IOException {
        DataSource broken = new DataSource() {
            @Override
            public String name() {
                return "npm package x@1";
            }

            @Override
            public void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException {
                PACKAGE.fetch(folder, progress);
                Files.writeString(folder.resolve("package/img/google/64/c.png"), "no image");
            }
        };
        assertEquals(
                "the emoji could not be fetched (npm package x@1: c.png is no image of 64 x 64). Install npm and tar,"
                        + " or name a folder with images and captions with data.path",
                assertThrows(DataException.class, () -> new Emoji(cache, broken).folder(SILENT))
                        .getMessage());
        try (var left = Files.list(cache)) {
            assertEquals(
                    List.of("emoji.lock"),
                    left.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void aSizeThatIsNoDivisorIsRefused() throws IOException {
        Path folder = new Emoji(cache, PACKAGE).folder(SILENT);
        assertEquals(
                folder.resolve("train-images-idx4-ubyte")
                        + ": images of 64 x 64 cannot be averaged to the model's 28 x 28; set model.sampleSize to a"
                        + " divisor of 64",
                assertThrows(DataException.class, () -> CaptionedDataset.read(folder, 28))
                        .getMessage());
    }

    @Test
    void damagedCaptionsAreRefusedWithFileAndPlace() throws IOException {
        Path folder = new Emoji(cache, PACKAGE).folder(SILENT);
        Path captions = folder.resolve("train-captions.json");
        String good = Files.readString(captions);
        Files.writeString(captions, good.replace("\"class\" : 0", "\"class\" : 2"));
        assertEquals(
                captions + ": image 2 must have a caption and a class below 2, is"
                        + " {\"caption\":\"jordan flag\",\"class\":2}",
                assertThrows(DataException.class, () -> CaptionedDataset.read(folder, 32))
                        .getMessage());
        Files.writeString(captions, "{\"classes\": [], \"images\": []}");
        assertEquals(
                captions + ": has 0 images, but " + folder.resolve("train-images-idx4-ubyte") + " has 3",
                assertThrows(DataException.class, () -> CaptionedDataset.read(folder, 32))
                        .getMessage());
        Files.delete(captions);
        assertTrue(assertThrows(DataException.class, () -> CaptionedDataset.read(folder, 32))
                .getMessage()
                .endsWith("must hold train-images-idx4-ubyte and train-captions.json; set data.path to the folder"
                        + " that does"));
    }
}
