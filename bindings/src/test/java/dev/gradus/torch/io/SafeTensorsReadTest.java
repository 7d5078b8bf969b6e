package dev.gradus.torch.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsReadTest {
    @TempDir
    Path folder;

    /** A file that src/test/python/make_safetensors.py made with the reference library. */
    static Path fixture(String name) {
        try {
            return Path.of(SafeTensorsReadTest.class
                    .getResource("/safetensors/" + name + ".safetensors")
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "float64, FLOAT64", "float32, FLOAT32", "float16, FLOAT16", "bfloat16, BFLOAT16",
                "float8_e4m3fn, FLOAT8_E4M3FN",
        "float8_e5m2, FLOAT8_E5M2", "int64, INT64", "int32, INT32", "int16, INT16", "int8, INT8"
    })
    void readsSignedNumbersAsPythonWroteThem(String name, DType dtype) throws IOException {
        readsAs(name, dtype, -2, -1, 0, 1, 2, 3);
    }

    @ParameterizedTest
    @CsvSource({"uint8, UINT8", "uint16, UINT16", "uint32, UINT32", "uint64, UINT64"})
    void readsUnsignedNumbersAsPythonWroteThem(String name, DType dtype) throws IOException {
        readsAs(name, dtype, 0, 1, 2, 3, 4, 5);
    }

    @Test
    void readsPowersOfTwoAsPythonWroteThem() throws IOException {
        readsAs("float8_e8m0fnu", DType.FLOAT8_E8M0FNU, 1, 2, 4, 8, 16, 32);
    }

    @Test
    void readsBooleansAsPythonWroteThem() throws IOException {
        readsAs("bool", DType.BOOL, 0, 1, 0, 1, 0, 1);
    }

    private static void readsAs(String name, DType dtype, double... values) throws IOException {
        try (var file = SafeTensors.read(fixture("dtypes"));
                Tensor tensor = file.tensor(name + ".weight")) {
            assertEquals(dtype, tensor.dtype());
            assertArrayEquals(new long[] {2, 3}, tensor.shape());
            assertArrayEquals(values, tensor.toDoubleArray());
        }
    }

    @Test
    void readsComplexNumbersAsPythonWroteThem() throws IOException {
        try (var file = SafeTensors.read(fixture("dtypes"));
                Tensor tensor = file.tensor("complex64.weight")) {
            assertEquals(DType.COMPLEX64, tensor.dtype());
            float[] parts = new float[6];
            tensor.copyTo(MemorySegment.ofArray(parts));
            assertArrayEquals(new float[] {0, -0f, 1, -1, 2, -2}, parts);
        }
    }

    @Test
    void namesComeInTheOrderOfTheHeader() throws IOException {
        try (var file = SafeTensors.read(fixture("names"))) {
            assertEquals(
                    List.of("", "empty", "größe \"q\" \\ \t", "scalar", "\uff5e", "\ud83d\ude00"),
                    List.copyOf(file.names()));
        }
    }

    @Test
    void readsMetadata() throws IOException {
        try (var file = SafeTensors.read(fixture("names"))) {
            assertEquals(Map.of("about", "größe\n\"q\" / \\ \u007f"), file.metadata());
        }
    }

    @Test
    void infoIsWhatTheHeaderSays() throws IOException {
        try (var file = SafeTensors.read(fixture("names"))) {
            var expected = new SafeTensors.Info("größe \"q\" \\ \t", DType.FLOAT32, new long[] {1, 2, 1}, 4, 8);
            assertEquals(expected, file.info("größe \"q\" \\ \t"));
            assertEquals(expected.hashCode(), file.info("größe \"q\" \\ \t").hashCode());
        }
    }

    @Test
    void readsScalarsAndEmptyTensors() throws IOException {
        try (var _ = TensorScope.open()) {
            var tensors = SafeTensors.load(fixture("names"));
            assertArrayEquals(new long[] {}, tensors.get("scalar").shape());
            assertArrayEquals(new double[] {0.25}, tensors.get("scalar").toDoubleArray());
            assertArrayEquals(new long[] {0, 3}, tensors.get("empty").shape());
            assertEquals(0, tensors.get("empty").numel());
        }
    }

    @Test
    void fileWithoutTensorsIsEmpty() throws IOException {
        assertEquals(Map.of(), SafeTensors.load(fixture("none")));
    }

    @Test
    void fieldsOfALaterFormatAreIgnored() throws IOException {
        String header =
                "{\"a\":{\"later\":[{\"x\":1}],\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"z\":null}}   ";
        try (var file = SafeTensors.read(SafeTensorsBytes.write(folder.resolve("x"), header, 1))) {
            assertEquals(1, file.info("a").byteSize());
        }
    }

    @Test
    void tensorOutlivesTheFile() throws IOException {
        Tensor tensor;
        try (var file = SafeTensors.read(fixture("names"))) {
            tensor = file.tensor("scalar");
        }
        try (tensor) {
            assertArrayEquals(new double[] {0.25}, tensor.toDoubleArray());
        }
    }

    @Test
    void readingFromAClosedFileIsAnIllegalState() throws IOException {
        var file = SafeTensors.read(fixture("names"));
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> file.tensor("scalar"));
        assertThrows(IllegalStateException.class, () -> file.data("scalar").get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void unknownNameIsRefusedWithFileAndName() throws IOException {
        try (var file = SafeTensors.read(fixture("names"))) {
            var e = assertThrows(NoSuchElementException.class, () -> file.tensor("nobody"));
            assertEquals(fixture("names") + ": has no tensor 'nobody'", e.getMessage());
        }
    }

    @Test
    void fileCutAfterItWasOpenedIsAnErrorAndNoCrash() throws IOException {
        Path path = folder.resolve("cut");
        SafeTensorsBytes.write(path, "{" + SafeTensorsBytes.entry("a", "U8", "[100000]", "[0,100000]") + "}", 100_000);
        try (var file = SafeTensors.read(path);
                var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(64);
            var e = assertThrows(SafeTensorsException.class, () -> file.tensor("a"));
            assertTrue(e.getMessage().contains("became shorter"), e.getMessage());
        }
    }

    /** The file is sparse: 3 GiB of it take no room on the disk. */
    @Test
    void reachesTensorsBeyondTwoGibibytes() throws IOException {
        long big = 3L << 30;
        byte[] header = ("{" + SafeTensorsBytes.entry("big", "U8", "[3," + (1L << 30) + "]", "[0," + big + "]") + ","
                        + SafeTensorsBytes.entry("after", "I32", "[1]", "[" + big + "," + (big + 4) + "]") + "}")
                .getBytes(StandardCharsets.UTF_8);
        Path path = SafeTensorsBytes.write(folder.resolve("big"), header.length, header, 0);
        long dataStart = 8 + header.length;
        try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            var end = ByteBuffer.allocate(5)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put((byte) 7)
                    .putInt(-123456)
                    .flip();
            channel.write(end, dataStart + big - 1);
        }
        try (var file = SafeTensors.read(path);
                Tensor after = file.tensor("after")) {
            assertArrayEquals(new double[] {-123456}, after.toDoubleArray());
            assertEquals(big, file.data("big").byteSize());
            assertEquals(7, file.data("big").get(ValueLayout.JAVA_BYTE, big - 1));
        }
    }
}
