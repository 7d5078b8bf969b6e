package dev.gradus.torch.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsWriteTest {
    @TempDir
    Path folder;

    private TensorScope scope;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    private List<String> filesInFolder() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dtypes", "names", "none"})
    void bytesAreThoseOfTheReferenceLibrary(String name) throws IOException {
        Path original = SafeTensorsReadTest.fixture(name);
        try (var file = SafeTensors.read(original)) {
            Map<String, Tensor> otherOrder = new TreeMap<>(file.all());
            Path copy = folder.resolve("copy.safetensors");
            SafeTensors.save(copy, otherOrder, file.metadata());
            assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(copy));
        }
    }

    @Test
    void dataStartsAtAMultipleOfEight() throws IOException {
        for (int length = 1; length <= 8; length++) {
            Path path = folder.resolve("x");
            SafeTensors.save(path, Map.of("n".repeat(length), Torch.tensor(1f)));
            assertEquals(4, Files.size(path) % 8);
        }
    }

    @Test
    void writesTensorsOfAnyMemoryLayoutAsTheyRead() throws IOException {
        Tensor base = Torch.arange(24).reshape(1, 2, 3, 4);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("transposed", base.transpose(1, 3));
        tensors.put("channelsLast", base.to(MemoryFormat.CHANNELS_LAST));
        tensors.put("slice", base.narrow(3, 1, 2));
        tensors.put("expanded", Torch.tensor(5f).expand(2, 3));
        Path path = folder.resolve("x");
        SafeTensors.save(path, tensors);
        Map<String, Tensor> read = SafeTensors.load(path);
        assertEquals(tensors.keySet(), read.keySet());
        tensors.forEach((name, tensor) -> {
            assertArrayEquals(tensor.shape(), read.get(name).shape(), name);
            assertArrayEquals(tensor.toDoubleArray(), read.get(name).toDoubleArray(), name);
        });
    }

    @Test
    void writesParametersThatRequireGradients() throws IOException {
        Tensor parameter = Torch.tensor(1f, 2f).requiresGrad_(true);
        Path path = folder.resolve("x");
        SafeTensors.save(path, Map.of("p", parameter));
        assertTrue(parameter.requiresGrad());
        assertArrayEquals(new double[] {1, 2}, SafeTensors.load(path).get("p").toDoubleArray());
    }

    @Test
    void leavesNoHandleBehind() throws IOException {
        Tensor tensor = Torch.tensor(1f);
        long before = LiveHandles.settled();
        SafeTensors.save(folder.resolve("x"), Map.of("a", tensor, "b", tensor));
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void replacesAnExistingFile() throws IOException {
        Path path = folder.resolve("x");
        SafeTensors.save(path, Map.of("a", Torch.tensor(1f)), Map.of("k", "v"));
        SafeTensors.save(path, Map.of("b", Torch.tensor(2f)));
        try (var file = SafeTensors.read(path)) {
            assertEquals(List.of("b"), List.copyOf(file.names()));
            assertEquals(Map.of(), file.metadata());
        }
        assertEquals(List.of("x"), filesInFolder());
    }

    @Test
    void theReservedNameIsRefused() throws IOException {
        var e = refused(Map.of("__metadata__", Torch.tensor(1f)));
        assertEquals(Optional.of("__metadata__"), e.tensor());
    }

    @Test
    void aDtypeOutsideTheFormatIsRefused() throws IOException {
        var e = refused(Map.of("c", Torch.zeros(TensorOptions.defaults().dtype(DType.COMPLEX128), 1)));
        assertEquals(Optional.of("c"), e.tensor());
        assertTrue(
                e.getMessage().contains("complex128 does not exist in safetensors; supported are BOOL"),
                e.getMessage());
    }

    @Test
    void aClosedTensorIsAnIllegalState() throws IOException {
        Tensor closed = Torch.tensor(1f);
        closed.close();
        Files.writeString(folder.resolve("x"), "old");
        assertThrows(IllegalStateException.class, () -> SafeTensors.save(folder.resolve("x"), Map.of("a", closed)));
        assertEquals("old", Files.readString(folder.resolve("x")));
        assertEquals(List.of("x"), filesInFolder());
    }

    private SafeTensorsException refused(Map<String, Tensor> tensors) throws IOException {
        Path path = folder.resolve("x");
        Files.writeString(path, "old");
        var e = assertThrows(SafeTensorsException.class, () -> SafeTensors.save(path, tensors));
        assertEquals("old", Files.readString(path));
        assertEquals(List.of("x"), filesInFolder());
        return e;
    }

    @Test
    void aFolderInTheWayIsRefused() {
        var e = assertThrows(SafeTensorsException.class, () -> SafeTensors.save(folder, Map.of()));
        assertTrue(e.getMessage().contains("is a folder"), e.getMessage());
    }

    @Test
    void aMissingFolderIsNamed() {
        Path path = folder.resolve("none").resolve("x");
        var e = assertThrows(SafeTensorsException.class, () -> SafeTensors.save(path, Map.of()));
        assertTrue(e.getMessage().contains("the folder " + path.getParent() + " does not exist"), e.getMessage());
    }

    /** Writes and reads 3 GiB: run with -Dgradus.test.large=true where memory and disk allow. */
    @Test
    @EnabledIfSystemProperty(named = "gradus.test.large", matches = "true")
    void tensorOfThreeGibibytesRoundTrips() throws IOException {
        long size = 3L << 30;
        Path path = folder.resolve("big");
        var bytes = TensorOptions.defaults().dtype(DType.UINT8).device(Device.cpu());
        Tensor big = Torch.zeros(bytes, size);
        big.narrow(0, size - 1, 1).fill_(9);
        SafeTensors.save(path, Map.of("big", big));
        big.close();
        Tensor read = SafeTensors.load(path).get("big");
        assertEquals(size, read.numel());
        assertArrayEquals(new double[] {0, 9}, read.narrow(0, size - 2, 2).toDoubleArray());
    }
}
