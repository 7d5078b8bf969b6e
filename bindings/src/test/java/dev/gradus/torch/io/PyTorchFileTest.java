package dev.gradus.torch.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that Python wrote, by make_pytorch_files.py. */
class PyTorchFileTest {
    private static final Path FILES = Path.of("src/test/resources/pytorch");

    @TempDir
    private Path folder;

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.pt", "protocol4.pt"})
    void aStateDictIsThatOfPython(String name) throws Exception {
        Map<String, Tensor> expected = SafeTensors.load(FILES.resolve("expected.safetensors"));
        Map<String, Tensor> read = PyTorchFile.load(FILES.resolve(name));
        assertEquals(expected.keySet(), Set.copyOf(read.keySet()));
        expected.forEach((key, tensor) -> {
            assertEquals(tensor.dtype(), read.get(key).dtype(), key);
            assertArrayEquals(tensor.shape(), read.get(key).shape(), key);
            assertArrayEquals(
                    tensor.to(DType.FLOAT64).toDoubleArray(),
                    read.get(key).to(DType.FLOAT64).toDoubleArray(),
                    key);
        });
    }

    @Test
    void aDictionaryInsideIsFoundByItsName() throws Exception {
        Path file = FILES.resolve("checkpoint.pt");
        Map<String, Tensor> ema = PyTorchFile.load(file, "ema");
        assertEquals(Set.of("w"), ema.keySet());
        assertArrayEquals(new float[] {1, 1}, ema.get("w").toFloatArray());
        assertEquals(Map.of(), PyTorchFile.load(file));
        assertEquals(
                Set.of("w"), PyTorchFile.load(FILES.resolve("runs.pt"), "ema").keySet());
    }

    @Test
    void nothingInAFileIsRun() throws Exception {
        Map<String, Tensor> tensors = PyTorchFile.load(FILES.resolve("runs.pt"));
        assertEquals(Set.of("w"), tensors.keySet());
        assertFalse(Files.exists(Path.of("was-run")));
    }

    @Test
    void whatIsNoDictionaryIsRefusedWithItsName() throws Exception {
        assertEquals(
                FILES.resolve("module.pt") + ": holds no dictionary of tensors",
                assertThrows(IOException.class, () -> PyTorchFile.load(FILES.resolve("module.pt")))
                        .getMessage());
        String old = assertThrows(IOException.class, () -> PyTorchFile.load(FILES.resolve("old.pt")))
                .getMessage();
        assertTrue(
                old.startsWith(FILES.resolve("old.pt") + " is no file of torch.save, or one of a version before 1.6: "),
                old);
        assertThrows(NoSuchFileException.class, () -> PyTorchFile.load(folder.resolve("none.pt")));
    }

    /** A copy with the bytes of one member changed. */
    private Path changed(String member, byte[] content) throws IOException {
        Path copy = folder.resolve("changed.pt");
        try (ZipFile from = new ZipFile(FILES.resolve("state.pt").toFile());
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(copy))) {
            for (ZipEntry entry : from.stream().toList()) {
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(
                        entry.getName().endsWith(member)
                                ? content
                                : from.getInputStream(entry).readAllBytes());
                to.closeEntry();
            }
        }
        return copy;
    }

    private static byte[] pickle() throws IOException {
        try (ZipFile zip = new ZipFile(FILES.resolve("state.pt").toFile())) {
            return zip.getInputStream(zip.getEntry("state/data.pkl")).readAllBytes();
        }
    }

    @Test
    void aStorageThatIsTooShortIsRefused() throws Exception {
        Path copy = changed("data/0", new byte[4]);
        assertEquals(
                copy + ": storage 0 should have 24 bytes, has 4",
                assertThrows(IOException.class, () -> PyTorchFile.load(copy)).getMessage());
    }

    @Test
    void aPickleThatIsCutShortIsRefused() throws Exception {
        byte[] whole = pickle();
        ByteArrayOutputStream half = new ByteArrayOutputStream();
        half.write(whole, 0, whole.length / 2);
        Path copy = changed("data.pkl", half.toByteArray());
        String message =
                assertThrows(IOException.class, () -> PyTorchFile.load(copy)).getMessage();
        assertTrue(message.startsWith(copy + ": damaged at byte "), message);
    }

    /** Whatever the bytes are, the answer is tensors or an IOException. */
    @Test
    void changedBytesEndInAnIOExceptionAtWorst() throws Exception {
        byte[] whole = pickle();
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = whole.clone();
            for (int k = 0; k <= i % 3; k++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Path copy = changed("data.pkl", bytes);
            try (var _ = TensorScope.open()) {
                PyTorchFile.load(copy);
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith(copy.toString()), e.getMessage());
            }
        }
    }
}
