package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageGridTest {
    @Test
    void theGridIsNearlySquareAndFilledRowByRow() {
        // Five images of 1 x 2 pixels: two rows of three, the last place empty.
        float[] pixels = {-1, 1, 0, 0, 1, 1, -1, -1, 1, -1};
        BufferedImage picture = ImageGrid.draw(pixels, 5, 1, 1, 2, ImageGrid.columns(5));
        assertEquals(6, picture.getWidth());
        assertEquals(2, picture.getHeight());
        assertArrayEquals(new int[] {0, 255, 128, 128, 255, 255}, row(picture, 0));
        assertArrayEquals(new int[] {0, 0, 255, 0, 0, 0}, row(picture, 1));
    }

    @Test
    void valuesOutsideAreClampedAndNotANumberIsBlack() {
        BufferedImage picture = ImageGrid.draw(new float[] {-7, 7, Float.NaN, Float.POSITIVE_INFINITY}, 1, 1, 1, 4, 1);
        assertArrayEquals(new int[] {0, 255, 0, 255}, row(picture, 0));
    }

    @Test
    void threeChannelsAreRedGreenBlue(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("picture.png");
        ImageGrid.writePng(file, new float[] {1, -1, -1, 1, -1, 1}, 1, 3, 1, 2);
        BufferedImage picture = ImageIO.read(file.toFile());
        assertEquals(0xffff0000, picture.getRGB(0, 0));
        assertEquals(0xff00ffff, picture.getRGB(1, 0));
    }

    @Test
    void otherShapesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.draw(new float[8], 1, 2, 2, 2, 1));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.draw(new float[7], 2, 1, 2, 2, 1));
    }

    private static int[] row(BufferedImage picture, int y) {
        return picture.getRaster().getSamples(0, y, picture.getWidth(), 1, 0, (int[]) null);
    }
}
