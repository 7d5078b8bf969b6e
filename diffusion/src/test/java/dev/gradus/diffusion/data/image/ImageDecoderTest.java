package dev.gradus.diffusion.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.io.SafeTensors;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class ImageDecoderTest {
    static List<String> files() throws IOException {
        try (SafeTensors.File decoded = SafeTensors.read(ImageGoldens.path("decoded.safetensors"))) {
            return List.copyOf(decoded.names());
        }
    }

    private static byte[] file(String name) throws IOException {
        return Files.readAllBytes(ImageGoldens.path(name));
    }

    /**
     * Formats without loss give the same bytes, but for alpha, where Pillow's own rounding is not used. Decoders of JPEG
     * and WebP may round the inverse transform and enlarge the colours otherwise: one to three steps on average, while a wrong
     * channel or row is 20 and more.
     */
    @ParameterizedTest
    @MethodSource("files")
    void anImageIsWhatPillowReads(String name) throws Exception {
        Pixels image = ImageDecoder.decode(file(name));
        try (SafeTensors.File decoded = SafeTensors.read(ImageGoldens.path("decoded.safetensors"))) {
            Pixels expected = ImageGoldens.pixels(decoded, name);
            assertEquals(expected.toString(), image.toString());
            double lossy = name.endsWith("jpg") ? 1 : name.equals("lossy.webp") ? 3 : 0;
            double distance = ImageGoldens.distance(expected, image);
            assertTrue(distance <= (name.contains("alpha") ? 0.05 : lossy), name + " is " + distance + " away");
        }
    }

    private static byte[] png(ColorModel model, WritableRaster raster) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(new BufferedImage(model, raster, false, null), "png", out));
        return out.toByteArray();
    }

    private static byte[] png16(int space, boolean alpha, int... samples) throws IOException {
        int bands = (space == ColorSpace.CS_GRAY ? 1 : 3) + (alpha ? 1 : 0);
        ColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(space),
                alpha,
                false,
                alpha ? ColorModel.TRANSLUCENT : ColorModel.OPAQUE,
                DataBuffer.TYPE_USHORT);
        WritableRaster raster =
                Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, samples.length / bands, 1, bands, null);
        raster.setPixels(0, 0, samples.length / bands, 1, samples);
        return png(model, raster);
    }

    @Test
    void sixteenBitsBecomeEightByTheNearest() throws Exception {
        // 128.49.. * 257 = 33023 rounds down, 33024 up: 33024 / 257 = 128.498, 33025 / 257 = 128.502.
        byte[] grey = png16(ColorSpace.CS_GRAY, false, 0, 257, 33024, 33025, 65535);
        assertArrayEquals(
                new byte[] {0, 1, (byte) 128, (byte) 129, (byte) 255},
                ImageDecoder.decode(grey).bytes());
        byte[] colour = png16(ColorSpace.CS_sRGB, false, 0, 257, 65535);
        assertArrayEquals(
                new byte[] {0, 1, (byte) 255}, ImageDecoder.decode(colour).bytes());
    }

    @Test
    void sixteenBitsWithAlphaLieOnWhite() throws Exception {
        byte[] file = png16(ColorSpace.CS_sRGB, true, 65535, 0, 0, 65535, 65535, 0, 0, 0, 0, 0, 0, 32768);
        assertArrayEquals(
                new byte[] {(byte) 255, 0, 0, (byte) 255, (byte) 255, (byte) 255, 127, 127, 127},
                ImageDecoder.decode(file).bytes());
    }

    /** Each format, cut off and with damaged bytes: an answer or this exception, never another one. */
    @ParameterizedTest
    @MethodSource("files")
    void damagedFilesAreRefusedOrRead(String name) throws Exception {
        byte[] file = file(name);
        Random random = new Random(3);
        for (int i = 0; i < 40; i++) {
            byte[] damaged = i < 10 ? Arrays.copyOf(file, file.length * i / 10) : file.clone();
            for (int j = 0; j < i - 10; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                ImageDecoder.decode(damaged);
            } catch (UnreadableImageException e) {
                assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
            }
        }
    }

    static Stream<String> wholeFiles() {
        return Stream.of(
                "rgb.png", "full.jpg", "progressive.jpg", "lossless.webp", "lossy.webp", "palette.gif", "rgb.bmp");
    }

    @ParameterizedTest
    @MethodSource("wholeFiles")
    void aFileThatEndsEarlyIsRefused(String name) throws Exception {
        byte[] file = file(name);
        assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(Arrays.copyOf(file, file.length / 2)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "this is text", "\u0000\u0000\u0000\u0000"})
    void whatIsNoImageIsRefused(String text) {
        String message = assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(text.getBytes()))
                .getMessage();
        assertEquals(text.isEmpty() ? "the file is empty" : "not a PNG, JPEG, WebP, GIF, BMP or TIFF image", message);
    }

    @Test
    void anImageOfTooManyPixelsIsRefusedBeforeItIsDecoded() throws Exception {
        byte[] png = file("rgb.png");
        png[16] =
                0x7F; // The width in the header; the checksum of the chunk is then wrong too, which is looked at later.
        assertTrue(assertThrows(UnreadableImageException.class, () -> ImageDecoder.decode(png))
                .getMessage()
                .matches("has \\d+ pixels, more than 134217728|damaged: .*"));
    }

    @Test
    void imagesAreKnownByTheirSuffix() {
        assertTrue(Stream.of("a.png", "b/c.JPG", "d.jpeg", "e.webp", "f.tif", "g.bmp", "h.gif")
                .allMatch(ImageDecoder::isImage));
        assertTrue(Stream.of("a.txt", "png", "b.png.txt", "c.svg").noneMatch(ImageDecoder::isImage));
    }
}
