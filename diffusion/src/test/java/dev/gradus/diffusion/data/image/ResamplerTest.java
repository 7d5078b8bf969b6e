package dev.gradus.diffusion.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig.Resize;
import dev.gradus.torch.io.SafeTensors;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResamplerTest {
    /**
     * Down by large and odd factors, and up. Pillow has its weights in fixed point, so single pixels round otherwise: one step for
     * one in ten at the most, where the issue allows one step on average.
     */
    @ParameterizedTest
    @EnumSource(Resize.class)
    void squaresAreThoseOfPillow(Resize kernel) throws Exception {
        try (SafeTensors.File file = SafeTensors.read(ImageGoldens.path("resized.safetensors"))) {
            for (String name : new String[] {"wide", "tall"}) {
                for (int size : new int[] {7, 16, 32, 70}) {
                    Pixels expected =
                            ImageGoldens.pixels(file, name + "." + kernel.name().toLowerCase(Locale.ROOT) + "." + size);
                    Pixels square = new Resampler(kernel).square(ImageGoldens.pixels(file, name), size);
                    assertEquals(expected.toString(), square.toString());
                    double distance = ImageGoldens.distance(expected, square);
                    assertTrue(distance < 0.1, name + " at " + size + " is " + distance + " away");
                }
            }
        }
    }

    private static Pixels numbered(int width, int height) {
        byte[] bytes = new byte[width * height];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (7 * i);
        }
        return new Pixels(width, height, 1, bytes);
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void anImageOfTheSizeIsNotChanged(Resize kernel) {
        assertEquals(numbered(5, 5), new Resampler(kernel).square(numbered(5, 5), 5));
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void aSideOfTheSizeIsCutAndNotBlurred(Resize kernel) {
        // 4 wide, 3 high: half a pixel left of the middle.
        byte[] expected = new byte[9];
        for (int i = 0; i < 9; i++) {
            expected[i] = (byte) (7 * (i / 3 * 4 + i % 3));
        }
        assertArrayEquals(
                expected, new Resampler(kernel).square(numbered(4, 3), 3).bytes());
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void onePixelFillsTheSquare(Resize kernel) {
        byte[] expected = new byte[3 * 4 * 4];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (byte) (100 + i % 3);
        }
        Pixels one = new Pixels(1, 1, 3, new byte[] {100, 101, 102});
        assertArrayEquals(expected, new Resampler(kernel).square(one, 4).bytes());
    }

    /** Stripes of one pixel, far finer than the new pixels, become even grey; without antialiasing they would stay stripes, 127 off. At
     * the border the kernel sees one half of them only, so the two colours are not quite as many. */
    @ParameterizedTest
    @EnumSource(Resize.class)
    void nothingAliases(Resize kernel) {
        byte[] stripes = new byte[128 * 128];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = (byte) (i % 2 * 255);
        }
        for (byte value : new Resampler(kernel)
                .square(new Pixels(128, 128, 1, stripes), 8)
                .bytes()) {
            assertEquals(127.5, value & 0xFF, 6);
        }
    }

    @Test
    void greyIsTheLumaOfTelevision() {
        Pixels primaries = new Pixels(3, 1, 3, new byte[] {-1, 0, 0, 0, -1, 0, 0, 0, -1});
        // 0.299, 0.587 and 0.114 of 255.
        assertArrayEquals(
                new byte[] {76, (byte) 150, 29}, primaries.withChannels(1).bytes());
    }

    @Test
    void colourFromGreyHasThreeEqualChannels() {
        Pixels grey = new Pixels(2, 1, 1, new byte[] {5, 9});
        assertEquals("[5, 5, 5, 9, 9, 9]", Arrays.toString(grey.withChannels(3).bytes()));
    }
}
