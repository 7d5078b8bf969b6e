package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The table of layers, src/main/layers. */
class LayerTableTest {
    @Test
    void theGeneratedLayersAreThoseThatTheTableMakes() throws IOException, InterruptedException {
        Process check = new ProcessBuilder("python3", "-B", "src/main/layers/generate.py", "--check")
                .inheritIO()
                .start();
        assertEquals(0, check.waitFor(), "run python3 bindings/src/main/layers/generate.py and commit its files");
    }
}
