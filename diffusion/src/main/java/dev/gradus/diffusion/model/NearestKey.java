package dev.gradus.diffusion.model;

import java.util.Collection;
import java.util.Comparator;

/** Finds the key that a misspelled one most likely stands for. */
final class NearestKey {
    private NearestKey() {}

    /** {@code "; did you mean 'KEY'?"} for the key within a third of the word's length in edits, or an empty text. */
    static String hint(String word, Collection<String> keys) {
        return keys.stream()
                .filter(key -> distance(word, key) <= Math.max(2, word.length() / 3))
                .min(Comparator.comparingInt((String key) -> distance(word, key))
                        .thenComparing(key -> key))
                .map(key -> "; did you mean '" + key + "'?")
                .orElse("");
    }

    /** The least number of characters inserted, deleted or replaced (Levenshtein). */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j < previous.length; j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
