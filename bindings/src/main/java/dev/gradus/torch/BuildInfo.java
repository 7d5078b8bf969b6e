package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was loaded, and how it was built.
 *
 * @param libtorchVersion of the libtorch in this process, such as {@code 2.13.0}
 * @param libtorch its folder
 * @param libtorchConfig how libtorch describes its own build, in several lines
 * @param cpuCapability the SIMD level of its kernels on this CPU: {@code DEFAULT}, {@code AVX2}, {@code AVX512}, ...
 * @param shimVersion of Gradus' native part
 * @param shim its file
 * @param compiler that built it
 * @param flags it was built with
 * @param buildType CMake's, such as {@code Release}
 * @param cudaVersion of the CUDA it was built with, such as {@code 13.0}; empty for none
 */
public record BuildInfo(
        String libtorchVersion,
        Path libtorch,
        String libtorchConfig,
        String cpuCapability,
        String shimVersion,
        Path shim,
        String compiler,
        String flags,
        String buildType,
        String cudaVersion) {

    static BuildInfo read() {
        NativeLibrary.Info info = NativeLibrary.info();
        Map<String, String> build = Strings.of(GradusTorch.gt_shim_build())
                .lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return new BuildInfo(
                info.libtorchVersion(),
                info.libtorch(),
                Torch.buildConfig(),
                Torch.cpuCapability(),
                info.shimVersion(),
                info.shim(),
                build.get("compiler"),
                build.get("flags"),
                build.get("type"),
                build.get("cuda"));
    }

    /** One line each, without libtorch's description of itself. */
    @Override
    public String toString() {
        return "libtorch " + libtorchVersion + " in " + libtorch + " (" + cpuCapability + ")\n"
                + "shim " + shimVersion + " in " + shim + "\n"
                + "built by " + compiler + " " + flags + " (" + buildType + "), "
                + (cudaVersion.isEmpty() ? "without CUDA" : "for CUDA " + cudaVersion);
    }
}
