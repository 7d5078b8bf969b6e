package dev.gradus.diffusion.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 256 bytes as visible characters, so that any text is made of known characters: the table of Radford et al., "Language
 * Models are Unsupervised Multitask Learners" (2019), section 2.2, as its vocabulary files have it. Bytes that are visible
 * in Latin-1 stand for themselves; the others, in order, for the characters from 256 on.
 */
final class ByteAlphabet {
    private static final char[] CHARACTERS = new char[256];
    private static final int[] BYTES = new int[512];

    static {
        Arrays.fill(BYTES, -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean visible = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            CHARACTERS[b] = (char) (visible ? b : next++);
            BYTES[CHARACTERS[b]] = b;
        }
    }

    private ByteAlphabet() {}

    /** The character of a byte, given as 0 to 255. */
    static char character(int b) {
        return CHARACTERS[b];
    }

    /** The characters of a text's bytes in UTF-8. Half of a surrogate pair counts as a question mark. */
    static String write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder characters = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            characters.append(CHARACTERS[b & 0xFF]);
        }
        return characters.toString();
    }

    /** Whether all characters of a token are in the table. */
    static boolean covers(String token) {
        return token.chars().allMatch(c -> c < BYTES.length && BYTES[c] >= 0);
    }

    /** The text of characters as {@link #write} makes them. Bytes that are not UTF-8 become replacement characters. */
    static String read(String characters) {
        byte[] bytes = new byte[characters.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) BYTES[characters.charAt(i)];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
