package dev.gradus.diffusion;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody most likely meant to write. */
public final class Nearest {
    private Nearest() {}

    /**
     * The candidate with the smallest edit distance to {@code word}, if it is near enough to be meant (within a third of the
     * length, at least 2). Case, hyphens and underscores do not count, so {@code batch_size} is {@code batchSize}.
     * A word that equals only the last part of a dotted candidate means that candidate.
     */
    public static Optional<String> to(String word, Collection<String> candidates) {
        String folded = fold(word);
        return candidates.stream()
                .map(c -> new Match(c, Math.min(distance(folded, fold(c)), lastPartDistance(folded, c))))
                .filter(m -> m.distance <= Math.max(2, folded.length() / 3))
                .min(Comparator.comparingInt(Match::distance).thenComparing(Match::candidate))
                .map(Match::candidate);
    }

    /** {@code "; did you mean 'X'?"}, or an empty text where nothing is near. */
    public static String hint(String word, Collection<String> candidates) {
        return to(word, candidates).map(c -> "; did you mean '" + c + "'?").orElse("");
    }

    /** Levenshtein's distance: the least number of characters inserted, deleted or replaced. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }

    private static int lastPartDistance(String folded, String candidate) {
        int dot = candidate.lastIndexOf('.');
        boolean sameName = dot >= 0 && folded.equals(fold(candidate.substring(dot + 1)));
        return sameName ? 1 : Integer.MAX_VALUE;
    }

    private static String fold(String s) {
        return s.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    }

    private record Match(String candidate, int distance) {}
}
