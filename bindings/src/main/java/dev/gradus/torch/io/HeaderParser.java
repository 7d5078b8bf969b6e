package dev.gradus.torch.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Walks the JSON of a header once and hands each entry to a {@link Header.Builder}. */
final class HeaderParser {
    /** As many dimensions as libtorch's own operators bear. */
    static final int MAX_DIMENSIONS = 64;

    private static final String METADATA = "__metadata__";

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength((int) Header.MAX_LENGTH)
                    .maxNestingDepth(100)
                    .build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final Path file;
    private final JsonParser json;
    private final Header.Builder builder;

    private HeaderParser(Path file, JsonParser json, Header.Builder builder) {
        this.file = file;
        this.json = json;
        this.builder = builder;
    }

    static void parse(Path file, MemorySegment header, Header.Builder builder) throws SafeTensorsException {
        if (header.byteSize() == 0 || header.get(ValueLayout.JAVA_BYTE, 0) != '{') {
            throw new SafeTensorsException(file, "is not a safetensors file: its header does not start with '{'");
        }
        var utf8 = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        var bytes = new ByteArrayInputStream(header.toArray(ValueLayout.JAVA_BYTE));
        try (var json = JSON.createParser(new InputStreamReader(bytes, utf8))) {
            new HeaderParser(file, json, builder).header();
        } catch (SafeTensorsException e) {
            throw e;
        } catch (CharacterCodingException e) {
            throw new SafeTensorsException(file, null, "its header is not valid UTF-8", e);
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " (character " + e.getLocation().getCharOffset() + ")";
            String problem = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
            throw new SafeTensorsException(file, null, "its header is not valid JSON" + where + ": " + problem, e);
        } catch (IOException e) {
            throw new SafeTensorsException(file, null, "its header cannot be read: " + e.getMessage(), e);
        }
    }

    private void header() throws IOException {
        json.nextToken(); // the '{' that parse() has seen
        boolean metadata = false;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            if (!name.equals(METADATA)) {
                tensor(name);
            } else if (metadata) {
                throw new SafeTensorsException(file, METADATA + " is in the header twice");
            } else {
                metadata = true;
                metadata();
            }
        }
        if (json.nextToken() != null) {
            throw new SafeTensorsException(file, "something follows the JSON object in its header");
        }
    }

    private void metadata() throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            throw new SafeTensorsException(file, METADATA + " is not an object");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw new SafeTensorsException(
                        file,
                        METADATA + " holds something that is no string under '" + SafeTensorsException.abbreviate(key)
                                + "'");
            }
            builder.metadata(key, json.getText());
        }
    }

    private void tensor(String name) throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            throw new SafeTensorsException(file, name, "its entry in the header is not an object");
        }
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> {
                    refuseSecond(name, field, dtype);
                    if (!json.hasToken(JsonToken.VALUE_STRING)) {
                        throw new SafeTensorsException(file, name, "its dtype is not a string");
                    }
                    dtype = json.getText();
                }
                case "shape" -> {
                    refuseSecond(name, field, shape);
                    shape = integers(name, field, MAX_DIMENSIONS);
                }
                case "data_offsets" -> {
                    refuseSecond(name, field, offsets);
                    offsets = integers(name, field, 2);
                }
                default -> json.skipChildren();
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
            throw new SafeTensorsException(file, name, "its entry in the header has no " + missing);
        }
        if (offsets.length != 2) {
            throw new SafeTensorsException(file, name, "data_offsets has " + offsets.length + " numbers instead of 2");
        }
        builder.tensor(name, dtype, shape, offsets[0], offsets[1]);
    }

    private void refuseSecond(String name, String field, Object first) throws SafeTensorsException {
        if (first != null) {
            throw new SafeTensorsException(file, name, "its entry in the header has " + field + " twice");
        }
    }

    private long[] integers(String name, String field, int limit) throws IOException {
        if (!json.isExpectedStartArrayToken()) {
            throw new SafeTensorsException(file, name, field + " is not an array");
        }
        long[] numbers = new long[limit];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count == limit) {
                throw new SafeTensorsException(file, name, field + " has more than " + limit + " numbers");
            }
            if (!json.hasToken(JsonToken.VALUE_NUMBER_INT)) {
                throw new SafeTensorsException(file, name, field + " holds something that is no integer");
            }
            if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER || json.getLongValue() < 0) {
                throw new SafeTensorsException(
                        file,
                        name,
                        field + " holds " + SafeTensorsException.abbreviate(json.getText())
                                + ", which is not in 0 to 2^63 - 1");
            }
            numbers[count++] = json.getLongValue();
        }
        return Arrays.copyOf(numbers, count);
    }
}
