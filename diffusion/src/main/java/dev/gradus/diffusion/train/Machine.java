package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.torch.BuildInfo;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a run is trained on: hardware and versions, without names of the computer or its user. */
final class Machine {
    private Machine() {}

    /** Writes {@code machine.json}; what the system does not tell is left out. */
    static void write(Path file, Device device) throws IOException {
        AtomicFiles.file(
                file, temporary -> Files.writeString(temporary, describe(device).toPrettyString() + "\n"));
    }

    private static ObjectNode describe(Device device) {
        ObjectNode machine = new ObjectMapper().createObjectNode();
        machine.put("device", device.toString());
        if (device.isCuda()) {
            machine.put("gpu", Cuda.deviceName(device.index() < 0 ? Cuda.currentDevice() : device.index()));
        }
        String processor = processor();
        if (processor != null) {
            machine.put("processor", processor);
        }
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("threads", Torch.getNumThreads());
        Long memory = MemoryUse.kilobytes(Path.of("/proc/meminfo"), "MemTotal:");
        if (memory != null) {
            machine.put("memory", memory);
        }
        BuildInfo build = Torch.buildInfo();
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        machine.put("gradus", build.shimVersion());
        machine.put("libtorch", build.libtorchVersion());
        machine.put("instructions", build.cpuCapability());
        machine.put("java", Runtime.version().toString());
        return machine;
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(null);
        } catch (IOException e) {
            return null;
        }
    }
}
