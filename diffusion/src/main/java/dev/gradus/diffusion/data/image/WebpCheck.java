package dev.gradus.diffusion.data.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Looks at the outer form of a WebP file (RFC 9649) before it is decoded. The decoder fills up what is missing, for as many
 * pixels as the header claims, so a file must be whole, and large enough for its pixels.
 */
final class WebpCheck {
    private static final int RIFF_HEADER = 12;
    private static final long FREE_PIXELS = 1 << 20;
    private static final long PIXELS_PER_BYTE = 4096;

    private WebpCheck() {}

    /** Does nothing for files of another format. */
    static void check(byte[] file) throws UnreadableImageException {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < RIFF_HEADER + 8
                || !text(bytes, 0).equals("RIFF")
                || !text(bytes, 8).equals("WEBP")) {
            return;
        }
        long at = RIFF_HEADER;
        while (at + 8 <= file.length) {
            String name = text(bytes, (int) at);
            long size = Integer.toUnsignedLong(bytes.getInt((int) at + 4));
            if (at + 8 + size > file.length) {
                throw new UnreadableImageException("damaged: ends inside of the chunk " + name.strip());
            }
            long pixels = pixels(bytes, name, (int) at + 8, size);
            if (pixels > FREE_PIXELS + PIXELS_PER_BYTE * file.length) {
                throw new UnreadableImageException(
                        "damaged: claims " + pixels + " pixels in " + file.length + " bytes");
            }
            at += 8 + size + (size & 1);
        }
    }

    private static String text(ByteBuffer bytes, int at) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            text.append((char) (bytes.get(at + i) & 0x7F));
        }
        return text.toString();
    }

    private static long pixels(ByteBuffer bytes, String chunk, int at, long size) {
        return switch (chunk) {
            // A signature byte, then 14 bits each of width - 1 and height - 1.
            case "VP8L" -> {
                int bits = size < 5 ? 0 : bytes.getInt(at + 1);
                yield ((bits & 0x3FFFL) + 1) * ((bits >>> 14 & 0x3FFFL) + 1);
            }
            // Three bytes of the frame, three of a signature, then 14 bits each of width and height with two of
            // scaling.
            case "VP8 " -> size < 10 ? 0 : (bytes.getShort(at + 6) & 0x3FFFL) * (bytes.getShort(at + 8) & 0x3FFFL);
            // Flags, then 24 bits each of width - 1 and height - 1.
            case "VP8X" ->
                size < 10 ? 0 : ((bytes.getInt(at + 4) & 0xFFFFFFL) + 1) * ((bytes.getInt(at + 6) >>> 8) + 1L);
            default -> 0;
        };
    }
}
