package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationCacheTest {
    private static final String KEY = Digests.of("key");
    private static final String OTHER = Digests.of("other");

    @TempDir
    private Path folder;

    private TensorScope scope;
    private EvaluationCache cache;
    private Path file;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        cache = new EvaluationCache(folder.resolve("new"));
        cache.write("entry", KEY, Map.of("numbers", Torch.tensor(1f, 2f, 3f)), Map.of("accuracy", "0.5"));
        file = cache.file("entry", KEY);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void whatWasWrittenIsRead() {
        EvaluationCache.Entry entry = cache.read("entry", KEY).orElseThrow();
        assertArrayEquals(new float[] {1, 2, 3}, entry.tensors().get("numbers").toFloatArray());
        assertEquals("0.5", entry.facts().get("accuracy"));
    }

    @Test
    void whatWasNotWrittenIsNotThere() {
        assertTrue(cache.read("entry", OTHER).isEmpty());
        assertTrue(cache.read("another", KEY).isEmpty());
        assertTrue(
                new EvaluationCache(folder.resolve("none")).read("entry", KEY).isEmpty());
    }

    @Test
    void aFileUnderTheNameOfAnotherKeyIsNotUsed() throws Exception {
        Files.copy(file, cache.file("entry", OTHER));
        assertTrue(cache.read("entry", OTHER).isEmpty());
    }

    @Test
    void everyChangedBitIsNoticed() throws Exception {
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= (byte) (1 << i % 7);
            Files.write(file, changed);
            assertTrue(cache.read("entry", KEY).isEmpty(), "byte " + i + " of " + whole.length);
        }
        Files.write(file, whole);
        assertTrue(cache.read("entry", KEY).isPresent());
    }
}
