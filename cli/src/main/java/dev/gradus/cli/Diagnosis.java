package dev.gradus.cli;

import dev.gradus.cli.output.Texts;
import dev.gradus.torch.C10d;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.Device;
import dev.gradus.torch.NativeLibrary;
import dev.gradus.torch.NativeLibraryException;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchException;
import dev.gradus.torch.UserCache;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Looks at Java, libtorch, the processor, devices and disks. A check that fails never keeps the next from running. */
final class Diagnosis {
    private static final int NEEDED_JAVA = 22;
    private static final long LITTLE_SPACE = 2_000_000_000L;

    private final boolean verbose;
    private final List<Finding> findings = new ArrayList<>();

    /** @param verbose whether to print the stack traces of checks that fail */
    Diagnosis(boolean verbose) {
        this.verbose = verbose;
    }

    List<Finding> findings() {
        findings.add(Finding.ok("gradus", Version.number()));
        check("JDK", Diagnosis::java);
        if (loadLibrary()) {
            check("threads", Diagnosis::threads);
            check("SIMD", Diagnosis::simd);
            devices();
            check("compute", Diagnosis::compute);
            check("ranks", Diagnosis::ranks);
        }
        check("disk", () -> disk("cache", UserCache.folder()));
        check("disk", () -> disk("current folder", Path.of("").toAbsolutePath()));
        return List.copyOf(findings);
    }

    private void check(String subject, Supplier<Finding> check) {
        try {
            findings.add(check.get());
        } catch (RuntimeException | LinkageError e) {
            explain(e);
            findings.add(Finding.problem(subject, "the check failed: " + Failures.describe(e), ""));
        }
    }

    private void explain(Throwable e) {
        if (verbose) {
            e.printStackTrace();
        }
    }

    private static Finding java() {
        String detail =
                Runtime.version() + " (" + System.getProperty("java.vendor") + "), " + System.getProperty("java.home");
        if (Runtime.version().feature() < NEEDED_JAVA) {
            return Finding.problem("JDK", detail, "install a JDK " + NEEDED_JAVA + " or newer");
        }
        return NativeLibrary.class.getModule().isNativeAccessEnabled()
                ? Finding.ok("JDK", detail)
                : Finding.warning("JDK", detail + ", native access not granted", "start Gradus by ./gradus");
    }

    private boolean loadLibrary() {
        try {
            NativeLibrary.Info info = NativeLibrary.info();
            findings.add(Finding.ok(
                    "libtorch",
                    info.libtorchVersion() + (info.cuda() ? " with CUDA, " : " without CUDA, ") + info.libtorch()));
            findings.add(Finding.ok("shim", info.shimVersion() + ", " + info.shim()));
            return true;
        } catch (NativeLibraryException | LinkageError e) {
            explain(e);
            findings.add(Finding.problem(
                    "libtorch",
                    Failures.describe(e),
                    e instanceof NativeLibraryException ? "" : "build again with ./gradus or 'mvn package'"));
            return false;
        }
    }

    private static Finding threads() {
        int threads = Torch.getNumThreads();
        int processors = Runtime.getRuntime().availableProcessors();
        String detail = threads + " of " + processors + " processors";
        if (threads > processors) {
            return Finding.warning("threads", detail, "use at most one per processor: OMP_NUM_THREADS=" + processors);
        } else if (threads == 1 && processors > 1) {
            return Finding.warning("threads", detail, "for speed unset OMP_NUM_THREADS, or use --threads");
        }
        return Finding.ok("threads", detail);
    }

    private static Finding simd() {
        String level = Torch.cpuCapability();
        return level.equalsIgnoreCase("DEFAULT")
                ? Finding.warning("SIMD", level, "libtorch uses no vector instructions here; training will be slow")
                : Finding.ok("SIMD", level);
    }

    private void devices() {
        findings.add(Finding.ok("device", "cpu"));
        boolean driver = Files.exists(Path.of("/dev/nvidiactl"));
        if (driver && !Torch.hasCuda()) {
            findings.add(Finding.warning(
                    "device",
                    "an NVIDIA GPU that this libtorch cannot use",
                    "build with a libtorch with CUDA, named by LIBTORCH"));
        }
        if (Torch.hasCuda()) {
            check("CUDA", Diagnosis::cuda);
            for (int i = 0; i < Torch.cudaDeviceCount(); i++) {
                Device device = Device.cuda(i);
                check("device", () -> Finding.ok("device", describe(device)));
                findings.addAll(DeviceChecks.of(device));
            }
        }
    }

    private static Finding cuda() {
        try {
            Cuda.requireAvailable();
        } catch (TorchException e) {
            return Finding.warning("CUDA", Failures.describe(e), "for a GPU, install NVIDIA's driver");
        }
        Cuda.Versions versions = Cuda.versions();
        String detail = "runtime " + version(versions.runtime()) + ", driver for " + version(versions.driver());
        if (versions.cudnn() == 0) {
            return Finding.problem("CUDA", detail + ", no cuDNN", "install cuDNN, or a libtorch that brings it");
        }
        return Finding.ok("CUDA", detail + ", cuDNN " + versions.cudnn());
    }

    /** CUDA numbers its versions like this: 12040 is 12.4. */
    private static String version(long number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static String describe(Device device) {
        Cuda.Properties properties = Cuda.properties(device.index());
        return device + ", " + Cuda.deviceName(device.index()) + ", compute capability "
                + properties.computeCapability();
    }

    /** A product that exercises the whole way to libtorch and back. */
    private static Finding compute() {
        try (var _ = TensorScope.open()) {
            Tensor a = Torch.tensor(1f, 2f, 3f, 4f).reshape(2, 2);
            double sum = a.matmul(a).sum().item();
            return sum == 54
                    ? Finding.ok("compute", "a matrix product on the CPU is right")
                    : Finding.problem("compute", "a matrix product on the CPU is wrong: " + sum, "reinstall libtorch");
        }
    }

    /** By what several processes would exchange tensors; most people need none of it. */
    private static Finding ranks() {
        List<String> found = new ArrayList<>();
        for (C10d.Backend backend : C10d.Backend.values()) {
            try {
                C10d.require(backend);
                found.add(backend.name());
            } catch (TorchException e) {
                found.add("no " + backend.name() + " (" + e.getMessage() + ")");
            }
        }
        return Finding.ok("ranks", String.join(", ", found));
    }

    private static Finding disk(String name, Path folder) {
        Path existing = folder;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            FileStore store = Files.getFileStore(existing);
            String detail = name + " " + folder + ", " + Texts.bytes(store.getUsableSpace()) + " free";
            if (!Files.isWritable(existing)) {
                return Finding.problem("disk", detail + ", not writable", "get permission to write there");
            }
            return store.getUsableSpace() < LITTLE_SPACE
                    ? Finding.warning("disk", detail, "free some space: libtorch, data and runs need about 2 GB")
                    : Finding.ok("disk", detail);
        } catch (IOException e) {
            return Finding.warning("disk", name + " " + folder + ": " + Failures.describe(e), "");
        }
    }
}
