package dev.gradus.torch.io;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Files that {@code torch.save} of PyTorch 1.6 or newer wrote. They are read as data: no code in them is run, unlike in Python.
 */
public final class PyTorchFile {
    private static final int BUFFER = 1 << 20;

    /** The pickle of a file of tensors only names them. */
    private static final int LONGEST_PICKLE = 1 << 28;

    private PyTorchFile() {}

    /**
     * Reads the tensors of a dictionary, such as a module's state dict.
     *
     * @param inside the names of dictionaries one in the other to begin with, where the file has them: a checkpoint that has a
     *     dictionary {@code ema} among others is read by {@code "ema"}
     * @return new contiguous tensors on the CPU by their names, in the order of the file; they belong to the scope that is open.
     *     What is no tensor is left out
     * @throws IOException if the file cannot be read, is damaged or has no such dictionary; the message names the file
     */
    public static Map<String, Tensor> load(Path file, String... inside) throws IOException {
        try (TensorScope scope = TensorScope.open();
                Archive archive = new Archive(file)) {
            Object found = Pickle.read(archive.pickle(), archive);
            for (String name : inside) {
                if (found instanceof Map<?, ?> map && map.get(name) instanceof Map<?, ?> inner) {
                    found = inner;
                }
            }
            if (!(found instanceof Map<?, ?> map)) {
                throw new IOException("holds no dictionary of tensors");
            }
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (entry.getKey() instanceof String name && entry.getValue() instanceof View view) {
                    tensors.put(name, scope.promote(archive.tensor(view)));
                }
            }
            return tensors;
        } catch (ZipException e) {
            throw new IOException(
                    file + " is no file of torch.save, or one of a version before 1.6: " + e.getMessage(), e);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        } catch (ArithmeticException e) {
            throw new IOException(file + ": a tensor does not fit its storage", e);
        }
    }

    /** Memory that tensors are views of. */
    private record Storage(DType dtype, String key, long count) {}

    /** A tensor that has not been read yet. */
    private record View(Storage storage, long offset, long[] shape, long[] stride) {}

    /** The zip file. */
    private static final class Archive implements Pickle.Maker, Closeable {
        private static final Map<String, DType> TYPES = Map.of(
                "torch.FloatStorage", DType.FLOAT32,
                "torch.DoubleStorage", DType.FLOAT64,
                "torch.HalfStorage", DType.FLOAT16,
                "torch.BFloat16Storage", DType.BFLOAT16,
                "torch.LongStorage", DType.INT64,
                "torch.IntStorage", DType.INT32,
                "torch.ShortStorage", DType.INT16,
                "torch.CharStorage", DType.INT8,
                "torch.ByteStorage", DType.UINT8,
                "torch.BoolStorage", DType.BOOL);

        private final ZipFile zip;
        private final String root;
        private final Map<String, Tensor> storages = new HashMap<>();

        Archive(Path file) throws IOException {
            zip = new ZipFile(file.toFile());
            root = zip.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith("/data.pkl"))
                    .findFirst()
                    .map(name -> name.substring(0, name.length() - "data.pkl".length()))
                    .orElse(null);
        }

        byte[] pickle() throws IOException {
            if (root == null) {
                throw new IOException("is no file of torch.save: it has no data.pkl");
            }
            ZipEntry order = zip.getEntry(root + "byteorder");
            if (order != null && !new String(bytes(order)).equals("little")) {
                throw new IOException("has numbers of the other byte order, which are not read");
            }
            return bytes(zip.getEntry(root + "data.pkl"));
        }

        private byte[] bytes(ZipEntry entry) throws IOException {
            try (InputStream in = zip.getInputStream(entry)) {
                byte[] bytes = in.readNBytes(LONGEST_PICKLE);
                if (bytes.length == LONGEST_PICKLE) {
                    throw new IOException(entry.getName() + " is too long");
                }
                return bytes;
            }
        }

        @Override
        public Object persistent(List<?> id) throws IOException {
            String type = id.get(1) instanceof Pickle.Global global ? global.name() : String.valueOf(id.get(1));
            DType dtype = TYPES.get(type);
            if (!"storage".equals(id.get(0)) || dtype == null) {
                throw new IOException("tensors of " + type + " are not read");
            }
            return new Storage(dtype, (String) id.get(2), (Long) id.get(4));
        }

        @Override
        public Object call(String name, List<?> arguments) throws IOException {
            return switch (name) {
                case "collections.OrderedDict" -> new LinkedHashMap<Object, Object>();
                case "torch._utils._rebuild_parameter" -> arguments.getFirst();
                case "torch._utils._rebuild_tensor_v2" ->
                    new View(
                            (Storage) arguments.get(0),
                            (Long) arguments.get(1),
                            longs(arguments.get(2)),
                            longs(arguments.get(3)));
                default -> new Pickle.Foreign(name);
            };
        }

        private static long[] longs(Object list) {
            return ((List<?>) list).stream().mapToLong(value -> (Long) value).toArray();
        }

        /** Of the scope that is open. */
        Tensor tensor(View view) throws IOException {
            long last = view.offset();
            long count = 1;
            for (int i = 0; i < view.shape().length; i++) {
                long size = view.shape()[i];
                long stride = view.stride()[i];
                if (size < 0
                        || stride < 0
                        || (size > 0 && count > view.storage().count() / size)) {
                    throw new IOException("a tensor does not fit its storage "
                            + view.storage().key());
                }
                count *= size;
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, size - 1), stride));
            }
            if (view.offset() < 0
                    || view.shape().length != view.stride().length
                    || (count > 0 && last >= view.storage().count())) {
                throw new IOException(
                        "a tensor does not fit its storage " + view.storage().key());
            }
            if (count == 0) {
                return Torch.empty(TensorOptions.defaults().dtype(view.storage().dtype()), view.shape());
            }
            Tensor storage = storages.get(view.storage().key());
            if (storage == null) {
                storage = read(view.storage());
                storages.put(view.storage().key(), storage);
            }
            return storage.asStrided(view.shape(), view.stride(), view.offset()).contiguous();
        }

        private Tensor read(Storage storage) throws IOException {
            ZipEntry entry = zip.getEntry(root + "data/" + storage.key());
            long size = Math.multiplyExact(storage.count(), storage.dtype().byteSize());
            if (entry == null || entry.getSize() != size) {
                throw new IOException("storage " + storage.key() + " should have " + size + " bytes, "
                        + (entry == null ? "and is not there" : "has " + entry.getSize()));
            }
            try (InputStream in = zip.getInputStream(entry);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment all = arena.allocate(size, 16);
                byte[] buffer = new byte[BUFFER];
                long done = 0;
                for (int n = in.read(buffer); n > 0 && done + n <= size; n = in.read(buffer)) {
                    MemorySegment.copy(buffer, 0, all, ValueLayout.JAVA_BYTE, done, n);
                    done += n;
                }
                if (done != size) {
                    throw new IOException(
                            "storage " + storage.key() + " ends after " + done + " of " + size + " bytes");
                }
                return Torch.fromSegment(all, storage.dtype(), storage.count());
            }
        }

        @Override
        public void close() throws IOException {
            zip.close();
        }
    }
}
