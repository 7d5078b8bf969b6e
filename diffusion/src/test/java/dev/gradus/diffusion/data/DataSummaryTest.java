package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSummaryTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path folder;

    private DataConfig config;

    @BeforeEach
    void writeImages() throws IOException {
        Path images = folder.resolve("images");
        for (String name : List.of("a/1.png", "a/2.png", "b/3.png")) {
            Files.createDirectories(images.resolve(name).getParent());
            Files.write(images.resolve(name), ImageFilesTest.png(name.startsWith("a") ? 20 : 30, 40, 0x00FF00));
        }
        Files.writeString(images.resolve("a/2.txt"), "two");
        Files.writeString(images.resolve("b/4.png"), "broken");
        ImageIO.write(
                new BufferedImage(20, 40, BufferedImage.TYPE_BYTE_GRAY),
                "png",
                images.resolve("b/5.png").toFile());
        config = new DataConfig(DataConfig.Format.IMAGES, images.toString(), 1);
    }

    @Test
    void aSummaryCountsWhatThereIs() throws IOException {
        DataSummary summary = DataSummary.of(config, 2, SILENT);
        assertEquals(5, summary.images());
        assertEquals(Map.of("20 x 40", 3L, "30 x 40", 1L), summary.sizes());
        assertEquals(1, summary.grey());
        assertEquals(Map.of("a", 2L, "b", 3L), summary.classes());
        assertEquals(1, summary.captioned());
        assertEquals(1, summary.broken().size());
        assertTrue(summary.broken().getFirst().path().endsWith("4.png"));
    }

    /** Three columns of 32 pixels and a gap; two lines of words below each. */
    @Test
    void aContactSheetHasEachImageOnceAndMarksTheBrokenOne() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        ContactSheet.write(sheet, config, 64, 0, 32, SILENT);
        BufferedImage image = ImageIO.read(sheet.toFile());
        int row = 32 + 2 * 14 + 4 + 4;
        assertEquals(3 * 36 + 4, image.getWidth());
        assertEquals(2 * row + 4, image.getHeight());
        int green = 0;
        int black = 0;
        int red = 0;
        for (int i = 0; i < 5; i++) {
            int left = 4 + i % 3 * 36;
            int top = 4 + i / 3 * row;
            switch (image.getRGB(left, top) & 0xFFFFFF) {
                case 0x00FF00 -> green++;
                case 0x000000 -> black++;
                case 0xFF0000 -> red++;
                default -> {}
            }
        }
        assertEquals(List.of(3, 1, 1), List.of(green, black, red));
    }
}
