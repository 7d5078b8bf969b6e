package dev.gradus.diffusion.events;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A protocol buffer as it is written: fields in the order of their numbers. A number that is 0 is left out, as the third version of
 * the language has it, but for {@link #single}, which is one of several alternatives.
 */
final class Message {
    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH_FIRST = 2;
    private static final int FOUR_BYTES = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A field of type int64 or of an enum. */
    Message integer(int field, long value) {
        if (value != 0) {
            tag(field, VARINT);
            varint(value);
        }
        return this;
    }

    /** A field of type double. */
    Message number(int field, double value) {
        if (Double.doubleToRawLongBits(value) != 0) {
            tag(field, EIGHT_BYTES);
            out.writeBytes(littleEndian(Double.BYTES).putDouble(value).array());
        }
        return this;
    }

    /** A field of type float. */
    Message single(int field, float value) {
        tag(field, FOUR_BYTES);
        out.writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
        return this;
    }

    /** A field of type string. */
    Message text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A field that is a message itself. */
    Message message(int field, Message value) {
        return bytes(field, value.toBytes());
    }

    /** A field of repeated doubles, packed. */
    Message numbers(int field, double[] values) {
        ByteBuffer bytes = littleEndian(values.length * Double.BYTES);
        bytes.asDoubleBuffer().put(values);
        return bytes(field, bytes.array());
    }

    /** A field of type bytes. */
    Message bytes(int field, byte[] value) {
        tag(field, LENGTH_FIRST);
        varint(value.length);
        out.writeBytes(value);
        return this;
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    private void tag(int field, int kind) {
        varint((long) field << 3 | kind);
    }

    /** Seven bits in each byte, the lowest first; the eighth tells that there are more. */
    private void varint(long value) {
        long left = value;
        while ((left & ~0x7FL) != 0) {
            out.write((int) (left & 0x7F | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
