package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DeviceChecksTest {
    @Test
    void theProcessorComputesWhatTheProcessorComputes() {
        List<Finding> findings = DeviceChecks.of(Device.cpu());
        assertEquals(3, findings.size());
        for (Finding finding : findings) {
            assertEquals(Finding.Status.OK, finding.status(), finding.detail());
            assertEquals("cpu", finding.subject());
        }
        // bfloat16 cannot be as exact as float32: both were computed.
        String product = findings.get(1).detail();
        assertTrue(
                product.matches("matrix product: float32 within 0e\\+00 of the CPU, bfloat16 within [1-9]e-03"),
                product);
        assertTrue(
                findings.get(2).detail().contains("gradients within 0e+00"),
                findings.get(2).detail());
    }

    /** Tensors of the device meta have no content. */
    @Test
    void aDeviceThatComputesNothingIsAProblemAndEndsTheChecks() {
        List<Finding> findings = DeviceChecks.of(Device.meta());
        assertEquals(1, findings.size());
        assertEquals(Finding.Status.PROBLEM, findings.get(0).status());
        assertTrue(
                findings.get(0).detail().startsWith("memory failed: "),
                findings.get(0).detail());
        assertFalse(findings.get(0).advice().isEmpty());
    }

    @Test
    @Tag("gpu")
    void aGpuPassesAll() {
        Assumptions.assumeTrue(Cuda.isAvailable(), "there is no CUDA device");
        List<Finding> findings = DeviceChecks.of(Device.cuda(0));
        assertEquals(4, findings.size());
        for (Finding finding : findings) {
            assertEquals(Finding.Status.OK, finding.status(), finding.detail());
        }
    }
}
