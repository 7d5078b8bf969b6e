package dev.gradus.diffusion.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfCheckTest {
    @TempDir
    private Path folder;

    private void check(Device device) {
        List<SelfCheck.Outcome> outcomes = new ArrayList<>();
        SelfCheck.run(device, folder, outcomes::add);
        assertTrue(outcomes.size() >= 8, outcomes::toString);
        assertTrue(outcomes.stream().allMatch(SelfCheck.Outcome::good), outcomes::toString);
    }

    @Test
    void theCpuComputesRightly() {
        check(Device.cpu());
    }

    /** As {@code gradus bench check --device cuda}; {@code mvn -Pgpu} fails where there is no GPU. */
    @Test
    @Tag("gpu")
    void soDoesAGpu() {
        if (Boolean.getBoolean("gradus.gpu")) {
            Cuda.requireAvailable();
        }
        assumeTrue(Cuda.isAvailable(), "needs a GPU and a libtorch with CUDA");
        check(Device.cuda(0));
    }
}
