package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFolderTest {
    @TempDir
    private Path folder;

    /** A picture of one row; grey where the levels are below 256, else 0xRRGGBB. */
    private void picture(String name, int type, int... levels) throws IOException {
        BufferedImage picture = new BufferedImage(levels.length, 1, type);
        for (int i = 0; i < levels.length; i++) {
            if (type == BufferedImage.TYPE_BYTE_GRAY) {
                picture.getRaster().setSample(i, 0, 0, levels[i]);
            } else {
                picture.setRGB(i, 0, levels[i]);
            }
        }
        ImageIO.write(picture, "png", folder.resolve(name).toFile());
    }

    /** All values of all pictures, as levels from 0 to 255. */
    private int[] levels(int channels) throws IOException {
        try (var _ = TensorScope.open()) {
            Tensor images = new PictureFolder(folder).source(channels).next(100);
            float[] values = images.contiguous().toFloatArray();
            int[] levels = new int[values.length];
            for (int i = 0; i < levels.length; i++) {
                levels[i] = Math.round((values[i] + 1) * 127.5f);
            }
            return levels;
        }
    }

    @Test
    void everyLevelOfGreyIsKept() throws Exception {
        int[] all = new int[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        picture("a.png", BufferedImage.TYPE_BYTE_GRAY, all);
        assertArrayEquals(all, levels(1));
    }

    @Test
    void coloursAreChannelByChannel() throws Exception {
        picture("a.png", BufferedImage.TYPE_INT_RGB, 0x010203, 0xfffe00);
        assertArrayEquals(new int[] {1, 255, 2, 254, 3, 0}, levels(3));
    }

    @Test
    void greyBecomesThreeChannelsAndColoursGrey() throws Exception {
        picture("a.png", BufferedImage.TYPE_BYTE_GRAY, 7, 9);
        assertArrayEquals(new int[] {7, 9, 7, 9, 7, 9}, levels(3));
        picture("a.png", BufferedImage.TYPE_INT_RGB, 0x640000, 0x646464);
        assertArrayEquals(new int[] {30, 100}, levels(1));
    }

    @Test
    void picturesComeInTheOrderOfTheirNamesUntilThereAreNoMore() throws Exception {
        picture("c.png", BufferedImage.TYPE_BYTE_GRAY, 3);
        picture("a.PNG", BufferedImage.TYPE_BYTE_GRAY, 1);
        picture("b.png", BufferedImage.TYPE_BYTE_GRAY, 2);
        Files.writeString(folder.resolve("notes.txt"), "no picture");
        assertArrayEquals(new int[] {1, 2, 3}, levels(1));
        PictureFolder pictures = new PictureFolder(folder);
        assertEquals(3, pictures.size());
        try (var _ = TensorScope.open()) {
            ImageSource source = pictures.source(1);
            assertEquals(2, source.next(2).size(0));
            assertEquals(1, source.next(2).size(0));
            assertNull(source.next(2));
        }
    }

    @Test
    void whatIsNoFolderOfEqualPicturesIsRefused() throws Exception {
        refused(folder + " has no pictures");
        picture("a.png", BufferedImage.TYPE_BYTE_GRAY, 1, 2);
        picture("b.png", BufferedImage.TYPE_BYTE_GRAY, 1, 2, 3);
        refused(folder.resolve("b.png") + " is 1 x 3, but " + folder.resolve("a.png") + " is 1 x 2");
        byte[] whole = Files.readAllBytes(folder.resolve("b.png"));
        Files.write(folder.resolve("b.png"), Arrays.copyOf(whole, whole.length / 2));
        refused(folder.resolve("b.png").toString());
        Files.writeString(folder.resolve("a.png"), "no picture");
        refused(folder.resolve("a.png") + " is no picture that can be read");
    }

    private void refused(String message) {
        String found = assertThrows(EvaluationException.class, () -> levels(1)).getMessage();
        assertTrue(found.startsWith(message), found);
    }
}
