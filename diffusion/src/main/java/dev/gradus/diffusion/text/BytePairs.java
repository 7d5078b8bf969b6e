package dev.gradus.diffusion.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts texts into words and merges the bytes of words into tokens. */
final class BytePairs {
    /**
     * Words with the space before them, numbers, signs and white space: the pattern of the same vocabulary as
     * {@link ByteAlphabet}.
     */
    private static final Pattern WORD = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private final Map<Long, Integer> ranks = new HashMap<>();
    private final int[] results;

    /**
     * @param merges pairs of tokens, the most urgent first
     * @param ids of all tokens
     */
    BytePairs(List<List<String>> merges, Map<String, Integer> ids) {
        results = new int[merges.size()];
        for (int rank = 0; rank < merges.size(); rank++) {
            String left = merges.get(rank).get(0);
            String right = merges.get(rank).get(1);
            ranks.putIfAbsent(key(ids.get(left), ids.get(right)), rank);
            results[rank] = ids.get(left + right);
        }
    }

    private static long key(int left, int right) {
        return ((long) left << 32) | right;
    }

    /** The words of a text, which are the text when joined, each with its bytes as characters. */
    static List<String> words(String text) {
        Matcher matcher = WORD.matcher(text);
        return matcher.results().map(word -> ByteAlphabet.write(word.group())).toList();
    }

    /** Merges the tokens of a word as far as the merges go. */
    int[] merge(int[] tokens) {
        while (tokens.length > 1) {
            int best = Integer.MAX_VALUE;
            int at = -1;
            for (int i = 1; i < tokens.length; i++) {
                int rank = ranks.getOrDefault(key(tokens[i - 1], tokens[i]), Integer.MAX_VALUE);
                if (rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (at < 0) {
                break;
            }
            tokens = merge(tokens, tokens[at - 1], tokens[at], results[best]);
        }
        return tokens;
    }

    /** Puts one token in place of each occurrence of a pair, from left to right. */
    static int[] merge(int[] tokens, int left, int right, int merged) {
        int[] result = new int[tokens.length];
        int length = 0;
        for (int i = 0; i < tokens.length; i++) {
            boolean pair = i + 1 < tokens.length && tokens[i] == left && tokens[i + 1] == right;
            result[length++] = pair ? merged : tokens[i];
            if (pair) {
                i++;
            }
        }
        return Arrays.copyOf(result, length);
    }
}
