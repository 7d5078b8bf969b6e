package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @Test
    void everyLineIsOkOrAWarningOnAWorkingInstallation() {
        String out = Cli.run("doctor").succeeds();
        for (String subject :
                List.of("gradus", "JDK", "libtorch", "shim", "threads", "SIMD", "device", "compute", "disk")) {
            assertTrue(out.lines().anyMatch(line -> line.matches("(ok|warning) +" + subject + " .*")), out);
        }
        assertTrue(out.lines().allMatch(line -> line.matches("(ok|warning) .*")), out);
    }

    @Test
    void aMissingLibtorchIsAProblemAndTheRestIsStillChecked(@TempDir Path folder) throws Exception {
        JavaProcess process = JavaProcess.start(folder, List.of(), Map.of("LIBTORCH", "/none"), "doctor");
        assertEquals(ExitCode.FAILED, process.exitCode());
        String out = process.out();
        assertTrue(out.contains("problem  libtorch   The environment variable LIBTORCH names /none"), out);
        assertTrue(out.contains("ok       JDK "), out);
        assertTrue(out.contains(" disk "), out);
        assertEquals("", process.err());
    }
}
