package dev.gradus.diffusion.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A vocabulary of pieces of words that is learnt from captions and can write any text, since single bytes are in it too.
 * Immutable; any thread may use it.
 *
 * <p>Three tokens have no text: padding, start and end. A caption that has their names in it means the letters.
 */
public final class BytePairVocabulary {
    /** The names of the tokens without text, in the order of their numbers. */
    static final List<String> SPECIAL = List.of("<pad>", "<start>", "<end>");

    private static final int BYTES = 256;

    private final List<String> tokens;
    private final List<List<String>> merges;
    private final Map<String, Integer> ids;
    private final BytePairs pairs;
    private final int[] special;

    /** For {@link VocabularyJson}, which checks what is given. */
    BytePairVocabulary(List<String> tokens, List<List<String>> merges, List<String> special) {
        this.tokens = List.copyOf(tokens);
        this.merges = List.copyOf(merges);
        ids = IntStream.range(0, tokens.size()).boxed().collect(Collectors.toMap(tokens::get, id -> id));
        pairs = new BytePairs(merges, ids);
        this.special = special.stream().mapToInt(ids::get).toArray();
    }

    /**
     * Learns a vocabulary. It depends only on the captions, not on their order.
     *
     * @param size how many tokens there are to be, at least 259: those without text and the 256 bytes; fewer come out if the
     *     captions have no more pairs
     * @param minFrequency how often a pair must occur to become a token
     * @throws IllegalArgumentException if {@code size} or {@code minFrequency} is too small
     */
    public static BytePairVocabulary train(Iterable<String> captions, int size, int minFrequency) {
        int least = SPECIAL.size() + BYTES;
        if (size < least) {
            throw new IllegalArgumentException("a vocabulary must have at least " + least
                    + " tokens, for the single bytes, padding, start and end; asked for are " + size);
        }
        if (minFrequency < 1) {
            throw new IllegalArgumentException("minFrequency must be at least 1, is " + minFrequency);
        }
        Map<String, Long> words = new HashMap<>();
        captions.forEach(caption -> BytePairs.words(caption).forEach(word -> words.merge(word, 1L, Long::sum)));
        List<String> tokens = new ArrayList<>(SPECIAL);
        IntStream.range(0, BYTES).map(ByteAlphabet::character).sorted().forEach(c -> tokens.add(Character.toString(c)));
        List<List<String>> merges = new BytePairTraining(tokens, words).run(size, minFrequency);
        return new BytePairVocabulary(tokens, merges, SPECIAL);
    }

    /** How many tokens there are; their numbers are from 0 to one less. */
    public int size() {
        return tokens.size();
    }

    /** What fills up short captions. */
    public int padId() {
        return special[0];
    }

    /** What begins each caption. */
    public int startId() {
        return special[1];
    }

    /** What ends each caption. */
    public int endId() {
        return special[2];
    }

    /** The tokens of a text, without start and end. */
    public int[] encode(String text) {
        return BytePairs.words(text).stream()
                .flatMapToInt(word -> Arrays.stream(pairs.merge(
                        word.chars().map(c -> ids.get(Character.toString(c))).toArray())))
                .toArray();
    }

    /**
     * The text of tokens; those without text are passed over.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public String decode(int... encoded) {
        StringBuilder characters = new StringBuilder();
        for (int id : encoded) {
            if (id < 0 || id >= tokens.size()) {
                throw new IllegalArgumentException("there is no token " + id + "; they are from 0 to " + (size() - 1));
            }
            String token = tokens.get(id);
            if (Arrays.stream(special).noneMatch(one -> one == id) && ByteAlphabet.covers(token)) {
                characters.append(token);
            }
        }
        return ByteAlphabet.read(characters.toString());
    }

    /**
     * Captions as one batch: start, tokens, end, padding.
     *
     * @param maxLength L, at least 2; of a longer caption the first {@code maxLength - 2} tokens are taken
     * @return in the scope that is open, else the caller's to close; on the CPU
     * @throws IllegalArgumentException if {@code maxLength} is too small or there is no caption
     */
    public TokenBatch batch(List<String> captions, int maxLength) {
        if (maxLength < 2) {
            throw new IllegalArgumentException("maxLength must be at least 2, for start and end, is " + maxLength);
        }
        if (captions.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one caption");
        }
        long[] rows = new long[Math.multiplyExact(captions.size(), maxLength)];
        boolean[] mask = new boolean[rows.length];
        Arrays.fill(rows, padId());
        for (int i = 0; i < captions.size(); i++) {
            int[] encoded = encode(captions.get(i));
            int length = Math.min(encoded.length, maxLength - 2);
            int at = i * maxLength;
            rows[at] = startId();
            for (int k = 0; k < length; k++) {
                rows[at + 1 + k] = encoded[k];
            }
            rows[at + 1 + length] = endId();
            Arrays.fill(mask, at, at + length + 2, true);
        }
        Tensor idTensor = Torch.tensor(rows, captions.size(), maxLength);
        return new TokenBatch(idTensor, Torch.tensor(mask, captions.size(), maxLength));
    }

    /**
     * Writes a {@code tokenizer.json}, which the tokenizers library reads too.
     *
     * @throws IOException if the file cannot be written
     */
    public void save(Path file) throws IOException {
        VocabularyJson.save(this, file);
    }

    /**
     * Reads a {@code tokenizer.json} with a byte-level BPE model.
     *
     * @throws IOException if it cannot be read, or holds another kind of tokenizer; the message names the file and what is
     *     wrong
     */
    public static BytePairVocabulary load(Path file) throws IOException {
        return VocabularyJson.load(file);
    }

    ObjectNode toJson() {
        return VocabularyJson.write(this);
    }

    static BytePairVocabulary fromJson(JsonNode json) {
        return VocabularyJson.read(json);
    }

    List<String> tokens() {
        return tokens;
    }

    List<List<String>> merges() {
        return merges;
    }

    /** The names of the tokens without text: padding, start, end. */
    List<String> special() {
        return Arrays.stream(special).mapToObj(tokens::get).toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BytePairVocabulary that
                && tokens.equals(that.tokens)
                && merges.equals(that.merges)
                && Arrays.equals(special, that.special);
    }

    @Override
    public int hashCode() {
        return tokens.hashCode();
    }
}
