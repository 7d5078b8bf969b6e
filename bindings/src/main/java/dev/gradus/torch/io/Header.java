package dev.gradus.torch.io;

import dev.gradus.torch.io.SafeTensors.Info;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file. A header that exists is true: every tensor has a known dtype, its shape times
 * its element size is its byte range, and the ranges cover the data of the file exactly once.
 *
 * @param tensors in the order of the header
 * @param metadata the strings under {@code __metadata__}, empty when there are none
 * @param dataStart offset in the file of the first tensor's bytes; the ranges in {@code tensors} count from here
 */
record Header(Map<String, Info> tensors, Map<String, String> metadata, long dataStart) {
    /** The longest header that the format allows, in bytes. */
    static final long MAX_LENGTH = 100_000_000;

    /** Bytes of the length in front of the header. */
    static final int PREFIX = Long.BYTES;

    static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    Header {
        tensors = Collections.unmodifiableMap(tensors);
        metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Reads and checks the header of a file.
     *
     * @param file named in messages
     * @param bytes the whole file
     * @throws SafeTensorsException when anything in the header is malformed or does not fit the file
     */
    static Header read(Path file, MemorySegment bytes) throws SafeTensorsException {
        long size = bytes.byteSize();
        if (size < PREFIX) {
            throw new SafeTensorsException(
                    file,
                    "is not a safetensors file: it has " + size + " bytes, fewer than the " + PREFIX
                            + " of the header's length");
        }
        long length = bytes.get(LENGTH, 0);
        if (Long.compareUnsigned(length, MAX_LENGTH) > 0) {
            throw new SafeTensorsException(
                    file,
                    "is not a safetensors file: it announces a header of " + Long.toUnsignedString(length)
                            + " bytes, more than the limit of " + MAX_LENGTH);
        }
        if (length > size - PREFIX) {
            throw new SafeTensorsException(
                    file,
                    "is truncated or no safetensors file: it announces a header of " + length + " bytes, but only "
                            + (size - PREFIX) + " follow");
        }
        long dataStart = PREFIX + length;
        var builder = new Builder(file, size - dataStart);
        HeaderParser.parse(file, bytes.asSlice(PREFIX, length), builder);
        return builder.build(dataStart);
    }

    /** Takes what the parser finds, entry by entry, and refuses what cannot be true. */
    static final class Builder {
        private final Path file;
        private final long dataSize;
        private final Map<String, Info> tensors = new LinkedHashMap<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();

        Builder(Path file, long dataSize) {
            this.file = file;
            this.dataSize = dataSize;
        }

        void metadata(String key, String value) throws SafeTensorsException {
            if (metadata.put(key, value) != null) {
                throw new SafeTensorsException(
                        file, "__metadata__ has the key '" + SafeTensorsException.abbreviate(key) + "' twice");
            }
        }

        void tensor(String name, String dtype, long[] shape, long begin, long end) throws SafeTensorsException {
            ElementType type = ElementType.named(dtype);
            if (type == null) {
                throw new SafeTensorsException(
                        file,
                        name,
                        "has the dtype '" + SafeTensorsException.abbreviate(dtype) + "'; supported are "
                                + ElementType.names());
            }
            if (begin > end) {
                throw new SafeTensorsException(file, name, "data_offsets [" + begin + ", " + end + "] run backwards");
            }
            if (end > dataSize) {
                throw new SafeTensorsException(
                        file,
                        name,
                        "data_offsets [" + begin + ", " + end + "] lie outside the file, which has " + dataSize
                                + " bytes of tensor data");
            }
            long expected = byteSize(name, type, shape);
            if (expected != end - begin) {
                throw new SafeTensorsException(
                        file,
                        name,
                        "a tensor of dtype " + dtype + " and shape " + shown(shape) + " takes " + expected
                                + " bytes, but its data_offsets [" + begin + ", " + end + "] span " + (end - begin));
            }
            if (tensors.put(name, new Info(name, type.dtype(), shape, begin, end - begin)) != null) {
                throw new SafeTensorsException(file, name, "is in the header twice");
            }
        }

        private long byteSize(String name, ElementType type, long[] shape) throws SafeTensorsException {
            try {
                long size = type.dtype().byteSize();
                for (long length : shape) {
                    size = Math.multiplyExact(size, length);
                }
                return size;
            } catch (ArithmeticException e) {
                throw new SafeTensorsException(
                        file, name, "shape " + shown(shape) + " is larger than any file could hold", e);
            }
        }

        Header build(long dataStart) throws SafeTensorsException {
            List<Info> inOrder = new ArrayList<>(tensors.values());
            inOrder.sort(Comparator.comparingLong(Info::offset).thenComparingLong(Info::byteSize));
            long position = 0;
            String previous = null;
            for (Info info : inOrder) {
                if (info.offset() < position) {
                    throw new SafeTensorsException(
                            file,
                            info.name(),
                            "its bytes from " + info.offset() + " on overlap those of tensor '"
                                    + SafeTensorsException.abbreviate(previous) + "', which end at " + position);
                }
                if (info.offset() > position) {
                    throw new SafeTensorsException(
                            file,
                            info.name(),
                            "bytes " + position + " to " + info.offset()
                                    + " of the data, in front of it, belong to no tensor");
                }
                position = info.offset() + info.byteSize();
                previous = info.name();
            }
            if (position != dataSize) {
                throw new SafeTensorsException(
                        file,
                        "its tensors end at byte " + position + " of the data, but " + dataSize
                                + " bytes are there; the rest belongs to no tensor");
            }
            return new Header(tensors, metadata, dataStart);
        }

        private static String shown(long[] shape) {
            return SafeTensorsException.abbreviate(java.util.Arrays.toString(shape));
        }
    }
}
