package dev.gradus.diffusion.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Learns the merges of a byte-pair vocabulary: the most frequent pair of neighbouring tokens becomes a token, again and again
 * (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016, section 3.2). Of pairs that are
 * equally frequent the one with the smaller numbers comes first, as in the tokenizers library, so the result depends on
 * nothing else.
 */
final class BytePairTraining {
    private record Pair(int left, int right) {}

    /** A word that occurs {@code count} times, as tokens. */
    private static final class Word {
        private final long count;
        private int[] tokens;

        Word(long count, int[] tokens) {
            this.count = count;
            this.tokens = tokens;
        }
    }

    private static final Comparator<Map.Entry<Pair, Long>> BEST_LAST = Map.Entry.<Pair, Long>comparingByValue()
            .thenComparing(
                    Map.Entry::getKey,
                    Comparator.comparingInt(Pair::left)
                            .thenComparingInt(Pair::right)
                            .reversed());

    private final List<Word> words = new ArrayList<>();
    private final Map<Pair, Long> counts = new HashMap<>();
    /** The words that have, or had, a pair. */
    private final Map<Pair, Set<Word>> places = new HashMap<>();

    private final List<String> tokens;
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<List<String>> merges = new ArrayList<>();

    /**
     * @param tokens those that there are already, all bytes among them; grows
     * @param texts words with their number of occurrences
     */
    BytePairTraining(List<String> tokens, Map<String, Long> texts) {
        this.tokens = tokens;
        for (int id = 0; id < tokens.size(); id++) {
            ids.put(tokens.get(id), id);
        }
        // Sorted, though the order has no part in the result.
        new TreeMap<>(texts)
                .forEach((text, count) -> words.add(new Word(
                        count,
                        text.chars().map(c -> ids.get(Character.toString(c))).toArray())));
        words.forEach(word -> count(word, 1));
    }

    /** Merges until there are {@code size} tokens or no pair occurs {@code minFrequency} times. */
    List<List<String>> run(int size, int minFrequency) {
        while (tokens.size() < size) {
            Map.Entry<Pair, Long> best =
                    counts.entrySet().stream().max(BEST_LAST).orElse(null);
            if (best == null || best.getValue() < Math.max(1, minFrequency)) {
                break;
            }
            merge(best.getKey());
        }
        return merges;
    }

    private void merge(Pair pair) {
        List<String> parts = List.of(tokens.get(pair.left), tokens.get(pair.right));
        String text = String.join("", parts);
        merges.add(parts);
        // Two ways may lead to the same text.
        int id = ids.computeIfAbsent(text, _ -> {
            tokens.add(text);
            return tokens.size() - 1;
        });
        for (Word word : places.remove(pair)) {
            count(word, -1);
            word.tokens = BytePairs.merge(word.tokens, pair.left, pair.right, id);
            count(word, 1);
        }
    }

    private void count(Word word, int sign) {
        for (int i = 1; i < word.tokens.length; i++) {
            Pair pair = new Pair(word.tokens[i - 1], word.tokens[i]);
            counts.merge(pair, sign * word.count, (a, b) -> a + b == 0 ? null : Long.valueOf(a + b));
            if (sign > 0) {
                places.computeIfAbsent(pair, _ -> new HashSet<>()).add(word);
            }
        }
    }
}
