package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleFileTest {
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

    private static Tensor images() {
        return Torch.arange(24).to(DType.FLOAT32).div(24).reshape(2, 3, 2, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npz", "a.safetensors", "a"})
    void isReadBackAsItWasWritten(String name) throws Exception {
        Path file = folder.resolve(name);
        SampleFile.write(file, images());
        Tensor read = SampleFile.read(file);
        assertArrayEquals(new long[] {2, 3, 2, 2}, read.shape());
        assertArrayEquals(images().toFloatArray(), read.toFloatArray());
    }

    /** The bytes are those of {@code numpy.save(file, (numpy.arange(24) / 24).astype("<f4").reshape(2, 3, 2, 2))}. */
    @Test
    void theArrayInAnNpzHasTheBytesThatNumpyWrites() throws Exception {
        Path file = folder.resolve("a.npz");
        SampleFile.write(file, images());
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ByteBuffer bytes = ByteBuffer.wrap(
                            zip.getInputStream(zip.getEntry("samples.npy")).readAllBytes())
                    .order(ByteOrder.LITTLE_ENDIAN);
            String header =
                    "\u0093NUMPY\u0001\u0000v\u0000{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2, 2), }"
                            + " ".repeat(52) + "\n";
            byte[] start = new byte[128];
            bytes.get(start);
            assertEquals(header, new String(start, StandardCharsets.ISO_8859_1));
            float[] values = new float[24];
            bytes.asFloatBuffer().get(values);
            assertArrayEquals(images().toFloatArray(), values);
        }
    }

    @Test
    void equalImagesMakeEqualFiles() throws Exception {
        SampleFile.write(folder.resolve("a.npz"), images());
        SampleFile.write(folder.resolve("b.npz"), images());
        assertEquals(-1, Files.mismatch(folder.resolve("a.npz"), folder.resolve("b.npz")));
    }

    @Test
    void aFileWithoutSamplesIsRefused() throws Exception {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.save(file, Map.of("noise", images()));
        assertEquals(
                file + " has no tensor 'samples', only noise",
                assertThrows(DataException.class, () -> SampleFile.read(file)).getMessage());
        SafeTensors.save(file, Map.of("samples", images().reshape(24)));
        assertEquals(
                "'samples' of " + file + " is [24] as float32, must be (B, C, H, W) in floating point",
                assertThrows(DataException.class, () -> SampleFile.read(file)).getMessage());
    }
}
