package dev.gradus.diffusion.train;

import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory training takes. */
final class MemoryUse {
    private final Device device;

    MemoryUse(Device device) {
        this.device = device;
    }

    /** Bytes of memory that this process has; null where the system does not say. */
    Long resident() {
        return kilobytes(Path.of("/proc/self/status"), "VmRSS:");
    }

    /** Bytes on the line {@code key} of a file of the kernel, which counts in kB; null if there is none. */
    static Long kilobytes(Path file, String key) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(null);
        } catch (IOException e) {
            return null;
        }
    }

    /** The most bytes that tensors had on the GPU so far; null on the CPU. */
    Long devicePeak() {
        if (!device.isCuda()) {
            return null;
        }
        return Cuda.memory(device.index() < 0 ? Cuda.currentDevice() : device.index())
                .peak();
    }
}
