package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorTest {
    /** Linux names the instructions of a processor. */
    @Test
    void bfloat16IsWhereItsInstructionsAre() throws Exception {
        assumeTrue(Torch.cpuCapability().equals("AVX512") || System.getenv("ATEN_CPU_CAPABILITY") == null);
        List<String> flags = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Arrays.asList(line.split("\\s+")))
                .orElse(List.of());
        assertEquals(flags.contains("avx512_bf16"), Torch.cpuHasBfloat16());
    }
}
