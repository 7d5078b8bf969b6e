package dev.gradus.diffusion.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@link BytePairVocabulary} in the {@code tokenizer.json} of the tokenizers library, with model type BPE. */
final class VocabularyJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Names of the tokens without text in the files of others: padding, start, end. */
    private static final List<List<String>> SPECIAL = List.of(
            List.of("<pad>", "[PAD]", "<|endoftext|>"),
            List.of("<start>", "<s>", "[CLS]", "<|startoftext|>", "<|endoftext|>"),
            List.of("<end>", "</s>", "[SEP]", "<|endoftext|>"));

    private VocabularyJson() {}

    static void save(BytePairVocabulary vocabulary, Path file) throws IOException {
        byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(write(vocabulary));
        AtomicFiles.file(file, temporary -> Files.write(temporary, bytes));
    }

    static BytePairVocabulary load(Path file) throws IOException {
        try {
            return read(JSON.readTree(file.toFile()));
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new DataException(file + ": " + e.getMessage(), e);
        }
    }

    static ObjectNode write(BytePairVocabulary vocabulary) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        ArrayNode added = json.putArray("added_tokens");
        for (String token : vocabulary.special()) {
            ObjectNode entry = added.addObject();
            entry.put("id", vocabulary.tokens().indexOf(token));
            entry.put("content", token);
            for (String option : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                entry.put(option, false);
            }
            entry.put("special", true);
        }
        json.putNull("normalizer");
        byteLevel(json.putObject("pre_tokenizer"), false);
        json.set("post_processor", startAndEnd(vocabulary));
        // To a decoder the option means nothing; this is what the library writes.
        byteLevel(json.putObject("decoder"), true);
        ObjectNode model = json.putObject("model");
        model.put("type", "BPE");
        for (String none : List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
            model.putNull(none);
        }
        for (String off : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
            model.put(off, false);
        }
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.size(); id++) {
            vocab.put(vocabulary.tokens().get(id), id);
        }
        ArrayNode merges = model.putArray("merges");
        vocabulary.merges().forEach(pair -> merges.addArray().add(pair.get(0)).add(pair.get(1)));
        return json;
    }

    private static void byteLevel(ObjectNode node, boolean addPrefixSpace) {
        node.put("type", "ByteLevel");
        node.put("add_prefix_space", addPrefixSpace);
        node.put("trim_offsets", true);
        node.put("use_regex", true);
    }

    private static ObjectNode startAndEnd(BytePairVocabulary vocabulary) {
        ObjectNode processor = JsonNodeFactory.instance.objectNode();
        processor.put("type", "TemplateProcessing");
        String start = vocabulary.special().get(1);
        String end = vocabulary.special().get(2);
        ArrayNode single = processor.putArray("single");
        special(single, start, 0);
        sequence(single, "A", 0);
        special(single, end, 0);
        ArrayNode pair = processor.putArray("pair");
        special(pair, start, 0);
        sequence(pair, "A", 0);
        special(pair, end, 0);
        sequence(pair, "B", 1);
        special(pair, end, 1);
        ObjectNode tokens = processor.putObject("special_tokens");
        token(tokens, start, vocabulary.startId());
        token(tokens, end, vocabulary.endId());
        return processor;
    }

    private static void token(ObjectNode tokens, String token, int id) {
        ObjectNode entry = tokens.putObject(token);
        entry.put("id", token);
        entry.putArray("ids").add(id);
        entry.putArray("tokens").add(token);
    }

    private static void special(ArrayNode template, String token, int type) {
        template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
    }

    private static void sequence(ArrayNode template, String name, int type) {
        template.addObject().putObject("Sequence").put("id", name).put("type_id", type);
    }

    static BytePairVocabulary read(JsonNode json) {
        JsonNode model = json.path("model");
        String type = model.path("type").asText("none");
        require(type.equals("BPE"), "model.type must be BPE, is " + type);
        require(
                hasByteLevel(json.path("pre_tokenizer"))
                        && json.path("normalizer").isEmpty(),
                "must be a byte-level tokenizer (pre_tokenizer ByteLevel, no normalizer)");
        JsonNode suffix = model.path("end_of_word_suffix");
        require(suffix.asText("").isEmpty() || suffix.isNull(), "an end_of_word_suffix is not supported");
        List<String> tokens = tokens(json);
        Set<String> known = new HashSet<>(tokens);
        for (int b = 0; b < 256; b++) {
            String token = Character.toString(ByteAlphabet.character(b));
            require(known.contains(token), "model.vocab lacks the byte " + b + ", '" + token + "'");
        }
        List<String> special = special(json, known);
        for (String token : tokens) {
            boolean text = ByteAlphabet.covers(token);
            require(text || isAdded(json, token), "model.vocab has '" + token + "', which stands for no bytes");
        }
        return new BytePairVocabulary(tokens, merges(model.path("merges"), known), special);
    }

    private static boolean hasByteLevel(JsonNode tokenizer) {
        if (tokenizer.path("type").asText().equals("ByteLevel")) {
            return !tokenizer.path("add_prefix_space").asBoolean(true)
                    && tokenizer.path("use_regex").asBoolean(true);
        }
        return false;
    }

    private static boolean isAdded(JsonNode json, String token) {
        for (JsonNode added : json.path("added_tokens")) {
            if (added.path("content").asText().equals(token)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> tokens(JsonNode json) {
        JsonNode vocab = json.path("model").path("vocab");
        int size = vocab.size();
        String[] tokens = new String[size + json.path("added_tokens").size()];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            put(tokens, entry.getValue(), entry.getKey());
        }
        for (JsonNode added : json.path("added_tokens")) {
            put(tokens, added.path("id"), added.path("content").asText());
        }
        int count = tokens.length;
        while (count > 0 && tokens[count - 1] == null) {
            count--;
        }
        List<String> result = Arrays.asList(tokens).subList(0, count);
        require(
                !result.contains(null),
                "model.vocab must number its tokens without gaps; " + result.indexOf(null) + " is missing");
        require(new HashSet<>(result).size() == count, "model.vocab has a token twice");
        return result;
    }

    private static void put(String[] tokens, JsonNode id, String token) {
        require(
                id.isInt() && id.intValue() >= 0 && id.intValue() < tokens.length,
                "the number of the token '" + token + "' must be from 0 to " + (tokens.length - 1) + ", is " + id);
        String before = tokens[id.intValue()];
        require(
                before == null || before.equals(token),
                "the tokens '" + before + "' and '" + token + "' have the same number, " + id);
        tokens[id.intValue()] = token;
    }

    private static List<String> special(JsonNode json, Set<String> known) {
        List<String> special = new ArrayList<>();
        for (List<String> names : SPECIAL) {
            special.add(names.stream()
                    .filter(name -> known.contains(name) && isAdded(json, name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("added_tokens must have one of " + names)));
        }
        return special;
    }

    private static List<List<String>> merges(JsonNode list, Set<String> known) {
        List<List<String>> merges = new ArrayList<>();
        for (JsonNode entry : list) {
            List<String> pair = entry.isArray()
                    ? List.of(entry.path(0).asText(), entry.path(1).asText())
                    : List.of(entry.asText().split(" ", 2));
            require(
                    pair.size() == 2 && known.containsAll(pair) && known.contains(pair.get(0) + pair.get(1)),
                    "model.merges has " + entry + ", whose parts and result are not all in model.vocab");
            merges.add(pair);
        }
        return merges;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
