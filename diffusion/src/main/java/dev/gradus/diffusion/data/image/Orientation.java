package dev.gradus.diffusion.data.image;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.imaging.jpeg.JpegMetadataReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How the rows and columns of a file lie in the picture: the tag Orientation of EXIF 2.3, section 4.6.4.
 *
 * @param transposed whether rows of the file are columns of the picture
 * @param right whether the file's columns go from right to left, seen before transposing
 * @param down whether the file's rows go from bottom to top, seen before transposing
 */
record Orientation(boolean transposed, boolean right, boolean down) {
    private static final Orientation UPRIGHT = new Orientation(false, false, false);

    /** By the value of the tag, from 1. */
    private static final List<Orientation> BY_TAG = List.of(
            UPRIGHT,
            new Orientation(false, true, false),
            new Orientation(false, true, true),
            new Orientation(false, false, true),
            new Orientation(true, false, false),
            new Orientation(true, false, true),
            new Orientation(true, true, true),
            new Orientation(true, true, false));

    /** What the file says; upright if it says nothing that can be read. */
    static Orientation of(byte[] file) {
        try {
            Metadata metadata = metadata(file);
            ExifIFD0Directory exif =
                    metadata == null ? null : metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
            Integer tag = exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
            return tag == null || tag < 1 || tag > BY_TAG.size() ? UPRIGHT : BY_TAG.get(tag - 1);
        } catch (ImageProcessingException | IOException | RuntimeException e) {
            // Damaged metadata do not make the pixels unreadable.
            return UPRIGHT;
        }
    }

    private static Metadata metadata(byte[] file) throws ImageProcessingException, IOException {
        ByteArrayInputStream stream = new ByteArrayInputStream(file);
        if (starts(file, 0, "\u00FF\u00D8")) {
            return JpegMetadataReader.readMetadata(stream, List.of(new ExifReader()));
        }
        boolean tiff = starts(file, 0, "II") || starts(file, 0, "MM");
        boolean webp = starts(file, 8, "WEBP");
        return tiff || webp || pngWithExif(file) ? ImageMetadataReader.readMetadata(stream) : null;
    }

    private static boolean starts(byte[] file, int at, String signature) {
        byte[] expected = signature.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < expected.length; i++) {
            if (at + i >= file.length || file[at + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** Most PNG files have no EXIF, and looking for the chunk is much faster than parsing the rest. */
    private static boolean pngWithExif(byte[] file) {
        if (!starts(file, 1, "PNG")) {
            return false;
        }
        ByteBuffer chunks = ByteBuffer.wrap(file);
        long at = 8;
        while (at + 8 <= file.length) {
            if (starts(file, (int) at + 4, "eXIf")) {
                return true;
            }
            at += 12L + Integer.toUnsignedLong(chunks.getInt((int) at));
        }
        return false;
    }

    /** The picture upright. */
    Pixels apply(Pixels file) {
        if (equals(UPRIGHT)) {
            return file;
        }
        int width = transposed ? file.height() : file.width();
        int height = transposed ? file.width() : file.height();
        int channels = file.channels();
        byte[] upright = new byte[file.bytes().length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = transposed ? y : x;
                int row = transposed ? x : y;
                column = right ? file.width() - 1 - column : column;
                row = down ? file.height() - 1 - row : row;
                System.arraycopy(
                        file.bytes(),
                        (row * file.width() + column) * channels,
                        upright,
                        (y * width + x) * channels,
                        channels);
            }
        }
        return new Pixels(width, height, channels, upright);
    }
}
