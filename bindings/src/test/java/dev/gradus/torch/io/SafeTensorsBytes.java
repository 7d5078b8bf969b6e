package dev.gradus.torch.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds safetensors files by hand, so that they can lie. */
final class SafeTensorsBytes {
    private SafeTensorsBytes() {}

    /** A file with this header, a true length in front of it, and so many bytes of data. */
    static Path write(Path file, String header, int dataSize) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return write(file, json.length, json, dataSize);
    }

    static Path write(Path file, long announced, byte[] header, int dataSize) throws IOException {
        byte[] bytes = new byte[Long.BYTES + header.length + dataSize];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(announced).put(header);
        return Files.write(file, bytes);
    }

    /** The header's entry of one tensor. */
    static String entry(String name, String dtype, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets
                + "}";
    }
}
