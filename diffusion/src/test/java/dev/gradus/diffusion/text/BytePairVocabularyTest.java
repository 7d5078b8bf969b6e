package dev.gradus.diffusion.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vocabularies, tokens and files of {@code make_text_goldens.py} are those of the tokenizers library. */
class BytePairVocabularyTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static JsonNode golden;
    private static final List<String> CAPTIONS = new ArrayList<>();
    private static BytePairVocabulary vocabulary;

    @BeforeAll
    static void train() throws Exception {
        golden = JSON.readTree(TextGoldens.path("text-vocabulary/captions.json").toFile());
        golden.path("captions").forEach(caption -> CAPTIONS.add(caption.asText()));
        vocabulary = train(CAPTIONS);
    }

    private static BytePairVocabulary train(List<String> captions) {
        return BytePairVocabulary.train(
                captions,
                golden.path("size").asInt(),
                golden.path("min_frequency").asInt());
    }

    @Test
    void learnsTheVocabularyOfTheTokenizersLibraryAndWritesItsFile() throws Exception {
        JsonNode file =
                JSON.readTree(TextGoldens.path("text-vocabulary/tokenizer.json").toFile());
        assertEquals(file, vocabulary.toJson());
    }

    @Test
    void cutsTextsAsTheTokenizersLibraryDoes() {
        for (JsonNode entry : golden.path("texts")) {
            int[] expected = JSON.convertValue(entry.path("ids"), int[].class);
            assertArrayEquals(
                    expected,
                    vocabulary.encode(entry.path("text").asText()),
                    () -> entry.path("text").toString());
        }
    }

    @Test
    void anyTextComesBack() {
        for (JsonNode entry : golden.path("texts")) {
            String text = entry.path("text").asText();
            assertEquals(text, vocabulary.decode(vocabulary.encode(text)));
        }
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            String text = random.ints(random.nextInt(30), 0, Character.MAX_CODE_POINT + 1)
                    .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            assertEquals(text, vocabulary.decode(vocabulary.encode(text)));
        }
    }

    @Test
    void halfASurrogatePairIsAQuestionMark() {
        assertEquals("a?b", vocabulary.decode(vocabulary.encode("a\ud83db")));
    }

    @Test
    void theOrderOfTheCaptionsDoesNotMatter() {
        List<String> shuffled = new ArrayList<>(CAPTIONS);
        Collections.shuffle(shuffled, new Random(2));
        assertEquals(vocabulary, train(shuffled));
    }

    @Test
    void aSmallerVocabularyIsTheBeginningOfALargerOne() {
        BytePairVocabulary small = BytePairVocabulary.train(CAPTIONS, 300, 2);
        assertEquals(vocabulary.tokens().subList(0, 300), small.tokens());
        assertEquals(259, BytePairVocabulary.train(List.of(), 1000, 1).size());
    }

    @Test
    void sizesOutOfRangeAreRefused() {
        assertEquals(
                "a vocabulary must have at least 259 tokens, for the single bytes, padding, start and end; asked for"
                        + " are 258",
                assertThrows(IllegalArgumentException.class, () -> BytePairVocabulary.train(CAPTIONS, 258, 1))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> BytePairVocabulary.train(CAPTIONS, 300, 0));
        assertThrows(IllegalArgumentException.class, () -> vocabulary.batch(CAPTIONS, 1));
        assertThrows(IllegalArgumentException.class, () -> vocabulary.batch(List.of(), 5));
        assertEquals(
                "there is no token 358; they are from 0 to 357",
                assertThrows(IllegalArgumentException.class, () -> vocabulary.decode(5, 358))
                        .getMessage());
    }

    @Test
    void aBatchHasStartEndPaddingAndAMask() {
        int[] cat = vocabulary.encode("cat face");
        assertEquals(2, cat.length);
        try (var _ = TensorScope.open()) {
            TokenBatch batch = vocabulary.batch(List.of("cat face", "", "cat face cat face"), 5);
            assertArrayEquals(
                    new long[] {1, cat[0], cat[1], 2, 0, 1, 2, 0, 0, 0, 1, cat[0], cat[1], -1, 2},
                    withoutThirdToken(batch.ids().flatten().toLongArray()));
            assertArrayEquals(
                    new boolean[] {
                        true, true, true, true, false, true, true, false, false, false, true, true, true, true, true
                    },
                    batch.mask().flatten().toBooleanArray());
        }
    }

    /** The third token of the last caption begins with a space, unlike the first. */
    private static long[] withoutThirdToken(long[] ids) {
        ids[13] = -1;
        return ids;
    }

    @Test
    void captionsOfABatchAreChosenAndReplaced() {
        try (var _ = TensorScope.open()) {
            TokenBatch batch = vocabulary.batch(List.of("cat face", "heart", "flag"), 5);
            TokenBatch none = vocabulary.batch(List.of(""), 5);
            TokenBatch chosen = batch.select(Torch.tensor(2L, 0L));
            Tensor dropped = Torch.tensor(true, false);
            TokenBatch replaced = chosen.replace(dropped, none);
            assertArrayEquals(none.ids().toLongArray(), replaced.ids().get(0).toLongArray());
            assertArrayEquals(
                    batch.ids().get(0).toLongArray(), replaced.ids().get(1).toLongArray());
            assertArrayEquals(
                    new boolean[] {true, true, false, false, false},
                    replaced.mask().get(0).toBooleanArray());
            assertThrows(IllegalArgumentException.class, () -> chosen.replace(dropped, batch));
        }
    }

    @Test
    void aSavedVocabularyIsLoadedAgain(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("tokenizer.json");
        vocabulary.save(file);
        assertEquals(vocabulary, BytePairVocabulary.load(file));
    }

    @Test
    void mergesAreReadAsTextsToo() {
        ObjectNode json = vocabulary.toJson();
        List<String> texts =
                vocabulary.merges().stream().map(pair -> String.join(" ", pair)).toList();
        ((ObjectNode) json.path("model")).set("merges", JSON.valueToTree(texts));
        assertEquals(vocabulary, BytePairVocabulary.fromJson(json));
    }

    @Test
    void anAddedTokenThatStandsForNoBytesHasNoText() {
        ObjectNode json = vocabulary.toJson();
        ((ArrayNode) json.path("added_tokens")).addObject().put("id", 358).put("content", "▁none");
        BytePairVocabulary larger = BytePairVocabulary.fromJson(json);
        assertEquals(359, larger.size());
        int[] a = larger.encode("a");
        assertEquals("aa", larger.decode(a[0], 358, larger.endId(), a[0]));
    }

    private static void refused(String message, Consumer<ObjectNode> change) {
        ObjectNode json = vocabulary.toJson();
        change.accept(json);
        String actual = assertThrows(IllegalArgumentException.class, () -> BytePairVocabulary.fromJson(json))
                .getMessage();
        assertEquals(message, actual);
    }

    private static ObjectNode model(ObjectNode json) {
        return (ObjectNode) json.path("model");
    }

    @Test
    void anotherTokenizersFileIsRefusedSayingWhy() {
        refused("model.type must be BPE, is WordPiece", json -> model(json).put("type", "WordPiece"));
        refused("model.type must be BPE, is none", ObjectNode::removeAll);
        refused(
                "must be a byte-level tokenizer (pre_tokenizer ByteLevel, no normalizer)",
                json -> json.putNull("pre_tokenizer"));
        refused(
                "must be a byte-level tokenizer (pre_tokenizer ByteLevel, no normalizer)",
                json -> json.putObject("normalizer").put("type", "Lowercase"));
        refused("an end_of_word_suffix is not supported", json -> model(json).put("end_of_word_suffix", "</w>"));
        refused(
                "model.vocab must number its tokens without gaps; 100 is missing",
                json -> ((ObjectNode) model(json).path("vocab"))
                        .remove(vocabulary.tokens().get(100)));
        refused(
                "the tokens '" + vocabulary.tokens().get(7) + "' and 'zzz' have the same number, 7",
                json -> ((ObjectNode) model(json).path("vocab")).put("zzz", 7));
        refused(
                "the number of the token 'zzz' must be from 0 to 361, is -1",
                json -> ((ObjectNode) model(json).path("vocab")).put("zzz", -1));
        refused(
                "model.merges has [\"zz\",\"y\"], whose parts and result are not all in model.vocab",
                json -> model(json).putArray("merges").addArray().add("zz").add("y"));
        refused("added_tokens must have one of [<pad>, [PAD], <|endoftext|>]", json -> {
            ((ObjectNode) model(json).path("vocab")).remove("<pad>");
            ((ObjectNode) json.path("added_tokens").get(0)).put("content", "<none>");
        });
    }

    @Test
    void aBrokenFileIsRefusedByName(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, "{\"model\": ");
        String message = assertThrows(DataException.class, () -> BytePairVocabulary.load(file))
                .getMessage();
        assertTrue(message.startsWith(file + ": not valid JSON: "), message);
        Files.writeString(file, "[]");
        assertEquals(
                file + ": model.type must be BPE, is none",
                assertThrows(DataException.class, () -> BytePairVocabulary.load(file))
                        .getMessage());
    }
}
