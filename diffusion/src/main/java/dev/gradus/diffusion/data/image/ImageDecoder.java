package dev.gradus.diffusion.data.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;

/**
 * Decodes PNG, JPEG, WebP, GIF, BMP and TIFF. The format is told by the contents, not by the name. Of several frames or pages
 * the first is taken. The orientation that EXIF gives is applied; {@link Rasters} tells how colours become bytes. An image that
 * ends early is refused, not filled up.
 */
public final class ImageDecoder {
    /** More pixels than this are refused before they are decoded. */
    static final long MAX_PIXELS = 1L << 27;

    private static final Set<String> SUFFIXES =
            Set.of("png", "jpg", "jpeg", "jpe", "webp", "gif", "bmp", "dib", "tif", "tiff");
    private static final Set<String> FORMATS = Set.of("png", "jpeg", "webp", "gif", "bmp", "tiff");

    /** What readers warn of when the data end early or are damaged and they made up the rest. */
    private static final List<String> DAMAGE = List.of("premature end", "truncated", "corrupt", "unexpected end");

    private static final List<ImageReaderSpi> PROVIDERS = providers();

    private ImageDecoder() {}

    /** Whether a file of this name counts as an image. */
    public static boolean isImage(String name) {
        return SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT))
                && name.indexOf('.') >= 0;
    }

    /**
     * Decodes the contents of a file. Any thread may call this.
     *
     * @throws UnreadableImageException if they are damaged, or of no format above
     */
    public static Pixels decode(byte[] file) throws UnreadableImageException {
        if (file.length == 0) {
            throw new UnreadableImageException("the file is empty");
        }
        WebpCheck.check(file);
        try (ImageInputStream stream = new MemoryStream(file)) {
            ImageReader reader = reader(stream);
            try {
                return Orientation.of(file).apply(Rasters.pixels(read(reader, stream)));
            } finally {
                reader.dispose();
            }
        } catch (UnreadableImageException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // Readers answer damaged data with exceptions of any kind.
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new UnreadableImageException("damaged: " + reason.strip().replaceAll("\\s*\\R\\s*", " "), e);
        }
    }

    private static ImageReader reader(ImageInputStream stream) throws IOException, UnreadableImageException {
        for (ImageReaderSpi provider : PROVIDERS) {
            if (recognises(provider, stream)) {
                return provider.createReaderInstance();
            }
        }
        throw new UnreadableImageException("not a PNG, JPEG, WebP, GIF, BMP or TIFF image");
    }

    /** A file too short to tell is not recognised. */
    private static boolean recognises(ImageReaderSpi provider, ImageInputStream stream) {
        try {
            return provider.canDecodeInput(stream);
        } catch (IOException e) {
            return false;
        }
    }

    /** The readers of our formats in the order in which Java would try them, but PNG, the most frequent, first. */
    private static List<ImageReaderSpi> providers() {
        List<ImageReaderSpi> providers = new ArrayList<>();
        IIORegistry.getDefaultInstance()
                .getServiceProviders(ImageReaderSpi.class, true)
                .forEachRemaining(providers::add);
        return providers.stream()
                .filter(provider -> FORMATS.contains(format(provider)))
                .sorted(Comparator.comparing(provider -> !format(provider).equals("png")))
                .toList();
    }

    private static String format(ImageReaderSpi provider) {
        return provider.getFormatNames()[0].toLowerCase(Locale.ROOT);
    }

    private static BufferedImage read(ImageReader reader, ImageInputStream stream)
            throws IOException, UnreadableImageException {
        String[] damage = new String[1];
        reader.addIIOReadWarningListener((_, warning) -> {
            String lower = warning.toLowerCase(Locale.ROOT);
            if (DAMAGE.stream().anyMatch(lower::contains)) {
                damage[0] = warning;
            }
        });
        reader.setInput(stream, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
            throw new UnreadableImageException("has " + pixels + " pixels, more than " + MAX_PIXELS);
        }
        BufferedImage image = reader.read(0);
        if (damage[0] != null) {
            throw new UnreadableImageException("damaged: " + damage[0]);
        }
        return image;
    }
}
