package dev.gradus.diffusion.data;

import dev.gradus.diffusion.FileErrors;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.io.SafeTensorsException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads the named arrays of a {@code .safetensors}, {@code .npy} or {@code .npz} file. Those of the first two are mapped, those of
 * the last copied into native memory; the garbage collector frees both.
 */
final class ArrayFile {
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\sL]*)\\)");
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** Deflate cannot shrink data by more than this factor. */
    private static final long MAX_DEFLATE_RATIO = 1032;

    private ArrayFile() {}

    /** What an element is. */
    enum Element {
        UINT8(1),
        UINT16(2),
        INT32(4),
        INT64(8),
        FLOAT32(4),
        FLOAT64(8);

        private final int size;

        Element(int size) {
            this.size = size;
        }

        /** In bytes. */
        int size() {
            return size;
        }
    }

    /**
     * An array in row-major order, little-endian.
     *
     * @param type of its elements
     * @param shape lengths of its dimensions
     * @param data all elements
     */
    record Array(Element type, long[] shape, MemorySegment data) {
        /** Element {@code index} as a number. */
        double get(long index) {
            return switch (type) {
                case UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
                case UINT16 -> data.get(SHORT, 2 * index) & 0xFFFF;
                case INT32 -> data.get(INT, 4 * index);
                case INT64 -> data.get(LONG, 8 * index);
                case FLOAT32 -> data.get(FLOAT, 4 * index);
                case FLOAT64 -> data.get(DOUBLE, 8 * index);
            };
        }

        long count() {
            return data.byteSize() / type.size;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Array that
                    && type == that.type
                    && Arrays.equals(shape, that.shape)
                    && data.mismatch(that.data) < 0;
        }

        @Override
        public int hashCode() {
            return 31 * type.hashCode() + Arrays.hashCode(shape);
        }

        @Override
        public String toString() {
            return type + " " + Arrays.toString(shape);
        }
    }

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * The arrays by their names; that of a {@code .npy} file is named {@code images}.
     *
     * @param metadata receives the strings that the file has beside
     * @throws DataException if the file is missing, damaged or of another kind
     */
    static Map<String, Array> read(Path path, Map<String, String> metadata) throws DataException {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        try {
            if (name.endsWith(".safetensors")) {
                return safeTensors(path, metadata);
            }
            if (name.endsWith(".npy")) {
                return Map.of("images", numpy(path.toString(), map(path)));
            }
            if (name.endsWith(".npz")) {
                return archive(path);
            }
        } catch (DataException e) {
            throw e;
        } catch (SafeTensorsException e) {
            throw new DataException(e.getMessage(), e);
        } catch (IOException e) {
            throw new DataException(path + ": cannot be read: " + FileErrors.reason(e), e);
        }
        throw new DataException(path + ": is no .safetensors, .npy or .npz file");
    }

    private static MemorySegment map(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
    }

    private static Map<String, Array> safeTensors(Path path, Map<String, String> metadata) throws IOException {
        Map<String, Array> arrays = new LinkedHashMap<>();
        try (SafeTensors.File file = SafeTensors.read(path)) {
            metadata.putAll(file.metadata());
            MemorySegment bytes = map(path);
            long start = 8 + bytes.get(LONG, 0);
            for (String name : file.names()) {
                SafeTensors.Info info = file.info(name);
                Element type = switch (info.dtype()) {
                    case UINT8 -> Element.UINT8;
                    case INT32 -> Element.INT32;
                    case INT64 -> Element.INT64;
                    case FLOAT32 -> Element.FLOAT32;
                    case FLOAT64 -> Element.FLOAT64;
                    default -> null;
                };
                if (type != null) {
                    arrays.put(
                            name, new Array(type, info.shape(), bytes.asSlice(start + info.offset(), info.byteSize())));
                }
            }
        }
        return arrays;
    }

    private static Map<String, Array> archive(Path path) throws IOException {
        Map<String, Array> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                String name = entry.getName();
                if (!name.endsWith(".npy") || name.length() == 4) {
                    continue;
                }
                long size = entry.getSize();
                if (size < 0 || size / MAX_DEFLATE_RATIO > Files.size(path)) {
                    throw new DataException(path + "!" + name + ": claims " + size + " bytes; the file is damaged");
                }
                try (InputStream in = zip.getInputStream(entry)) {
                    arrays.put(name.substring(0, name.length() - 4), numpy(path + "!" + name, copy(in, size)));
                }
            }
        }
        return arrays;
    }

    private static MemorySegment copy(InputStream in, long size) throws IOException {
        MemorySegment target = Arena.ofAuto().allocate(size, 16);
        byte[] buffer = new byte[1 << 16];
        long done = 0;
        for (int n = in.read(buffer); n >= 0 && done + n <= size; n = in.read(buffer)) {
            MemorySegment.copy(buffer, 0, target, ValueLayout.JAVA_BYTE, done, n);
            done += n;
        }
        if (done != size) {
            throw new IOException("a member has " + done + " bytes, its entry says " + size);
        }
        return target;
    }

    /** NEP 1: magic, version, length of the header, a Python dictionary, the elements. */
    private static Array numpy(String name, MemorySegment file) throws DataException {
        if (file.byteSize() < 12 || !Arrays.equals(file.asSlice(0, 6).toArray(ValueLayout.JAVA_BYTE), MAGIC)) {
            throw new DataException(name + ": does not begin as a .npy file");
        }
        boolean wide = file.get(ValueLayout.JAVA_BYTE, 6) > 1;
        long length = wide ? Integer.toUnsignedLong(file.get(INT, 8)) : file.get(SHORT, 8) & 0xFFFF;
        long start = (wide ? 12 : 10) + length;
        if (start > file.byteSize() || length > 1 << 20) {
            throw new DataException(name + ": ends inside of its header");
        }
        String header = new String(
                file.asSlice(start - length, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        Element type = element(name, group(name, header, DESCR));
        if (group(name, header, FORTRAN).equals("True")) {
            throw new DataException(name + ": is in column-major order; save numpy.ascontiguousarray of it");
        }
        long[] shape = Arrays.stream(group(name, header, SHAPE).split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray();
        long left = file.byteSize() - start;
        long count = 1;
        for (long dimension : shape) {
            if (dimension != 0 && count > left / dimension) {
                throw new DataException(name + ": has " + left + " bytes for the shape " + Arrays.toString(shape)
                        + "; the file is truncated");
            }
            count *= dimension;
        }
        if (count * type.size != left) {
            throw new DataException(name + ": has " + left + " bytes for the shape " + Arrays.toString(shape) + " of "
                    + type + "; the file is truncated or damaged");
        }
        return new Array(type, shape, file.asSlice(start));
    }

    private static String group(String name, String header, Pattern pattern) throws DataException {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw new DataException(name + ": the header cannot be read: " + header.strip());
        }
        return matcher.group(1);
    }

    private static Element element(String name, String descr) throws DataException {
        return switch (descr) {
            case "|u1", "<u1", "|b1" -> Element.UINT8;
            case "<u2" -> Element.UINT16;
            case "<i4" -> Element.INT32;
            case "<i8" -> Element.INT64;
            case "<f4" -> Element.FLOAT32;
            case "<f8" -> Element.FLOAT64;
            default ->
                throw new DataException(name + ": elements of type " + descr
                        + " are not read; use uint8, uint16, int32, int64, float32 or float64, little-endian");
        };
    }
}
