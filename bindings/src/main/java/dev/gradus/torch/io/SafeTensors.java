package dev.gradus.torch.io;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads and writes safetensors files, the format in which models are exchanged: names, shapes and plain little-endian bytes,
 * nothing that runs.
 *
 * <p>{@link #load} and {@link #save} are the short way. {@link #read} opens a file and reads single tensors of it; the
 * others stay on disk.
 */
public final class SafeTensors {
    private SafeTensors() {}

    /**
     * Opens a file and checks its header; no tensor is read yet.
     *
     * @return the open file; the caller closes it
     * @throws SafeTensorsException when the file is missing, cannot be read, or its header is not true in every part
     */
    public static File read(Path path) throws SafeTensorsException {
        Objects.requireNonNull(path, "path");
        if (Files.isDirectory(path)) {
            throw new SafeTensorsException(path, "is a folder, not a safetensors file");
        }
        Arena arena = Arena.ofShared();
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new File(path, arena, bytes, Header.read(path, bytes));
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            throw readFailure(path, e);
        }
    }

    private static SafeTensorsException readFailure(Path path, Throwable e) {
        return switch (e) {
            case SafeTensorsException s -> s;
            case AccessDeniedException a -> new SafeTensorsException(path, null, "cannot be read: no permission", a);
            case NoSuchFileException n -> new SafeTensorsException(path, null, "does not exist", n);
            case IOException io -> new SafeTensorsException(path, null, "cannot be read: " + io.getMessage(), io);
            case InternalError fault -> changedWhileRead(path, null, fault);
            case Error error -> throw error;
            case RuntimeException runtime -> throw runtime;
            default -> throw new AssertionError(e);
        };
    }

    /** The JVM reports a fault in mapped memory as InternalError: pages of the file are gone. */
    private static SafeTensorsException changedWhileRead(Path path, String tensor, InternalError fault) {
        return new SafeTensorsException(path, tensor, "became shorter or unreadable while it was read", fault);
    }

    /**
     * Reads all tensors of a file into memory.
     *
     * @return name to tensor (CPU, contiguous, no gradient), in the order of the file's header; the caller or the scope
     *     around the call owns them
     * @throws SafeTensorsException as {@link #read}
     */
    public static Map<String, Tensor> load(Path path) throws SafeTensorsException {
        try (File file = read(path)) {
            return file.all();
        }
    }

    /** Writes tensors without metadata; see {@link #save(Path, Map, Map)}. */
    public static void save(Path path, Map<String, Tensor> tensors) throws SafeTensorsException {
        save(path, tensors, Map.of());
    }

    /**
     * Writes tensors to a file. The bytes are those that the format's reference library writes for the same tensors: by
     * element type, then by name. Metadata, whose order that library leaves to chance, comes by key.
     *
     * <p>The file is written under a temporary name beside {@code path}, forced to the disk, and renamed: {@code path} holds
     * its old content or all of the new one, never a part. Tensors on another device or in another memory layout are copied to
     * contiguous CPU memory one at a time.
     *
     * @param tensors name to tensor; they stay the caller's
     * @param metadata strings for {@code __metadata__}; empty for none
     * @throws SafeTensorsException when a tensor's dtype does not exist in the format, a name is reserved, or the file cannot
     *     be written (disk full, no permission); an existing file is untouched then
     * @throws IllegalStateException when a tensor is closed
     */
    public static void save(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
            throws SafeTensorsException {
        Objects.requireNonNull(path, "path");
        SafeTensorsWriter.write(path, Layout.of(path, tensors, metadata), tensors);
    }

    /**
     * What a file's header says of one tensor.
     *
     * @param name as in the file
     * @param dtype of its elements
     * @param shape lengths of its dimensions, empty for a scalar
     * @param offset of its first byte, counted from the first tensor byte of the file
     * @param byteSize of its data
     */
    public record Info(String name, DType dtype, long[] shape, long offset, long byteSize) {
        /** Copies the shape. */
        public Info {
            shape = shape.clone();
        }

        /** A copy of the lengths of the dimensions. */
        @Override
        public long[] shape() {
            return shape.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Info that
                    && name.equals(that.name)
                    && dtype == that.dtype
                    && Arrays.equals(shape, that.shape)
                    && offset == that.offset
                    && byteSize == that.byteSize;
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, dtype, Arrays.hashCode(shape), offset, byteSize);
        }

        @Override
        public String toString() {
            return name + ": " + dtype + " " + Arrays.toString(shape);
        }
    }

    /**
     * An open safetensors file with a checked header. Any thread may use it. Once it is closed, reading from it is an
     * IllegalStateException; tensors read before stay valid.
     */
    public static final class File implements AutoCloseable {
        private final Path path;
        private final Arena arena;
        private final MemorySegment bytes;
        private final Header header;
        private final AtomicBoolean closed = new AtomicBoolean();

        private File(Path path, Arena arena, MemorySegment bytes, Header header) {
            this.path = path;
            this.arena = arena;
            this.bytes = bytes;
            this.header = header;
        }

        /** The names of the tensors, in the order of the header. */
        public Set<String> names() {
            return header.tensors().keySet();
        }

        /** The strings under {@code __metadata__}; empty when the file has none. */
        public Map<String, String> metadata() {
            return header.metadata();
        }

        /**
         * What the header says of a tensor.
         *
         * @throws NoSuchElementException when the file has no tensor of that name
         */
        public Info info(String name) {
            Info info = header.tensors().get(name);
            if (info == null) {
                throw new NoSuchElementException(path + ": has no tensor '" + name + "'");
            }
            return info;
        }

        /**
         * A read-only view of a tensor's bytes in the mapped file, without a copy; valid until this file is closed.
         *
         * @throws NoSuchElementException when the file has no tensor of that name
         */
        public MemorySegment data(String name) {
            Info info = info(name);
            return bytes.asSlice(header.dataStart() + info.offset(), info.byteSize());
        }

        /**
         * Reads one tensor: one copy from the file into the tensor's memory.
         *
         * @return a new contiguous CPU tensor without gradient that does not depend on this file; the caller or the scope
         *     around the call owns it
         * @throws NoSuchElementException when the file has no tensor of that name
         * @throws SafeTensorsException when the file became shorter since it was opened
         */
        public Tensor tensor(String name) throws SafeTensorsException {
            Info info = info(name);
            MemorySegment source = data(name);
            Tensor tensor = Torch.empty(TensorOptions.defaults().dtype(info.dtype()), info.shape());
            try {
                return info.byteSize() == 0 ? tensor : tensor.copyFrom(source);
            } catch (InternalError fault) {
                tensor.close();
                throw changedWhileRead(path, name, fault);
            } catch (RuntimeException e) {
                tensor.close();
                throw e;
            }
        }

        /**
         * Reads all tensors.
         *
         * @return name to tensor as from {@link #tensor}, in the order of the header
         */
        public Map<String, Tensor> all() throws SafeTensorsException {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            try {
                for (String name : names()) {
                    tensors.put(name, tensor(name));
                }
                return tensors;
            } catch (SafeTensorsException | RuntimeException e) {
                tensors.values().forEach(Tensor::close);
                throw e;
            }
        }

        /** Unmaps the file. Closing twice is harmless. */
        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                arena.close();
            }
        }
    }
}
