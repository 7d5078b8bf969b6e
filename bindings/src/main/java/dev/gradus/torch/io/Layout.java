package dev.gradus.torch.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.gradus.torch.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where everything goes in a file to be written.
 *
 * @param header the JSON, padded with spaces so that the data starts at a multiple of 8
 * @param entries the tensors in the order of their bytes
 * @param size of the file
 */
record Layout(byte[] header, List<Entry> entries, long size) {
    private static final int ALIGNMENT = 8;
    private static final String METADATA = "__metadata__";
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    /** @param offset of its first byte, counted from the file's start */
    record Entry(String name, ElementType type, long[] shape, long offset, long byteSize) {}

    static Layout of(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws SafeTensorsException {
        List<Entry> entries = new ArrayList<>(tensors.size());
        for (var named : tensors.entrySet()) {
            String name = named.getKey();
            if (name.equals(METADATA)) {
                throw new SafeTensorsException(file, name, "this name is reserved for the file's metadata");
            }
            Tensor tensor = named.getValue();
            ElementType type = ElementType.of(tensor.dtype());
            if (type == null) {
                throw new SafeTensorsException(
                        file,
                        name,
                        "dtype " + tensor.dtype() + " does not exist in safetensors; supported are "
                                + ElementType.names());
            }
            entries.add(new Entry(
                    name,
                    type,
                    tensor.shape(),
                    0,
                    tensor.numel() * tensor.dtype().byteSize()));
        }
        entries.sort(Comparator.comparing(Entry::type)
                .reversed()
                .thenComparing(e -> utf8(e.name()), Arrays::compareUnsigned));
        byte[] header = header(entries, metadata);
        if (header.length > Header.MAX_LENGTH) {
            throw new SafeTensorsException(
                    file,
                    "the header would have " + header.length + " bytes, more than the limit of " + Header.MAX_LENGTH);
        }
        long position = Header.PREFIX + header.length;
        List<Entry> placed = new ArrayList<>(entries.size());
        for (Entry e : entries) {
            placed.add(new Entry(e.name(), e.type(), e.shape(), position, e.byteSize()));
            position += e.byteSize();
        }
        return new Layout(header, placed, position);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] header(List<Entry> entries, Map<String, String> metadata) {
        var bytes = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (var entry : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long position = 0;
            for (Entry entry : entries) {
                write(json, entry, position);
                position += entry.byteSize();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
        while (bytes.size() % ALIGNMENT != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, Entry entry, long position) throws IOException {
        json.writeObjectFieldStart(entry.name());
        json.writeStringField("dtype", entry.type().name());
        json.writeFieldName("shape");
        json.writeArray(entry.shape(), 0, entry.shape().length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {position, position + entry.byteSize()}, 0, 2);
        json.writeEndObject();
    }
}
