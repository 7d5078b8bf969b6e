package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds and loads the shim and the libtorch that it was built with.
 *
 * <p>The shim is the file named by the system property {@code gradus.native}, else the one beside these classes in a
 * build tree, else the one in the native jar for this platform on the class path or module path. libtorch is the folder named by the environment variable {@code LIBTORCH}, else the one recorded when the shim was
 * built. Its version must be the recorded one.
 */
public final class NativeLibrary {

    private static final Pattern VERSION_H = Pattern.compile("#define TORCH_VERSION_(?:MAJOR|MINOR|PATCH) +(\\d+)");
    private static final Pattern VERSION_PY = Pattern.compile("__version__ = '([^']+)'");

    private static final Pattern MISSING_SYMBOL = Pattern.compile("undefined symbol: ([^\\s,)]+)");
    private static final Pattern MISSING_FILE = Pattern.compile("(\\S+): cannot open shared object file");

    private static final Info LOADED;
    private static final NativeLibraryException FAILURE;

    static {
        Info loaded = null;
        NativeLibraryException failure = null;
        try {
            loaded = load();
        } catch (NativeLibraryException e) {
            failure = e;
        } catch (IOException | LinkageError e) {
            failure = new NativeLibraryException("The native library could not be loaded: " + e, e);
        }
        LOADED = loaded;
        FAILURE = failure;
    }

    /**
     * What was loaded.
     *
     * @param shim the file of the shim
     * @param shimVersion its version
     * @param libtorch the folder of libtorch
     * @param libtorchVersion the version that the shim was built with, such as {@code 2.13.0}
     * @param cuda whether it was built with CUDA
     */
    public record Info(Path shim, String shimVersion, Path libtorch, String libtorchVersion, boolean cuda) {}

    private NativeLibrary() {}

    /**
     * What was loaded; loads it first if need be.
     *
     * @throws NativeLibraryException if it could not be loaded; the message says why and what to do
     */
    public static Info info() {
        require();
        return LOADED;
    }

    static void require() {
        if (FAILURE != null) {
            throw new NativeLibraryException(FAILURE.getMessage(), FAILURE);
        }
    }

    private static Info load() throws IOException {
        ShimFile found = ShimFile.find();
        Properties build = found.build();
        Path shim = found.path();
        Path libtorch = libtorch(build);
        checkVersion(libtorch, build);
        try {
            // Loaded first and by their full paths, so that the shim's own search finds them wherever they are.
            for (String name : List.of("libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so")) {
                Path library = libtorch.resolve("lib").resolve(name);
                if (Files.exists(library)) {
                    load(library, libtorch, build);
                }
            }
            load(shim, libtorch, build);
        } catch (UnsatisfiedLinkError e) {
            throw new NativeLibraryException(
                    "The native library could not be used: " + e.getMessage() + ". " + advice(build), e);
        }
        if (GradusTorch.gt_abi() != GradusTorch.GT_ABI()) {
            throw new NativeLibraryException(
                    "The shim " + shim + " (version " + GradusTorch.gt_abi()
                            + " of its functions) is not the one that these"
                            + " classes are for (version " + GradusTorch.GT_ABI() + "): they are of different builds. "
                            + advice(build),
                    null);
        }
        if (GradusTorch.gt_check_libtorch() != 0) {
            throw new NativeLibraryException(
                    "The libtorch in " + libtorch + " is not the one that the shim " + shim + " is for: "
                            + Strings.of(GradusTorch.gt_last_error_message()) + ". " + advice(build),
                    null);
        }
        return new Info(
                shim,
                Strings.of(GradusTorch.gt_version()),
                libtorch,
                Strings.of(GradusTorch.gt_libtorch_version()),
                GradusTorch.gt_cuda_is_built() != 0);
    }

    private static void load(Path library, Path libtorch, Properties build) throws IOException {
        if (ShimFile.platform().startsWith("linux")) {
            checkFile(library, build);
        }
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new NativeLibraryException(explain(library, e.getMessage(), libtorch) + " " + advice(build), e);
        }
    }

    private static void checkFile(Path library, Properties build) throws IOException {
        Elf elf = Elf.read(library);
        if (elf == null || !elf.isComplete()) {
            throw new NativeLibraryException(
                    library + (elf == null ? " is no Linux library" : " is cut off")
                            + ": it is damaged, or was not copied as a whole. " + advice(build),
                    null);
        }
        if (!ShimFile.platform().equals("linux-" + elf.architecture())) {
            throw new NativeLibraryException(
                    library + " is for linux-" + elf.architecture() + ", but this JVM runs on " + ShimFile.platform()
                            + ". " + advice(build),
                    null);
        }
    }

    /** What the dynamic linker's message means. */
    private static String explain(Path library, String message, Path libtorch) {
        Matcher symbol = MISSING_SYMBOL.matcher(message);
        if (symbol.find()) {
            return library + " needs the symbol " + symbol.group(1) + ", which the libtorch in " + libtorch
                    + " does not have: it was built against another version.";
        }
        Matcher file = MISSING_FILE.matcher(message);
        if (file.find()) {
            return library + " needs " + file.group(1) + ", which was not found on this machine.";
        }
        return library + " could not be loaded: " + message + ".";
    }

    private static String advice(Properties build) {
        return "Run 'mvn package' to build the shim again, or point LIBTORCH to the libtorch it was built with ("
                + build.getProperty("libtorch.version", "version unknown") + ").";
    }

    private static Path libtorch(Properties build) {
        String chosen = System.getenv("LIBTORCH");
        boolean fromEnvironment = chosen != null && !chosen.isBlank();
        String recorded = build.getProperty("libtorch");
        String version = build.getProperty("libtorch.version");
        // A native jar from elsewhere knows no folder of this machine; the build puts what it fetches into the cache.
        Path folder = fromEnvironment || recorded != null
                ? Path.of(fromEnvironment ? chosen : recorded)
                : UserCache.folder().resolve("libtorch-" + version);
        if (!Files.isRegularFile(folder.resolve("lib").resolve("libtorch_cpu.so"))) {
            throw new NativeLibraryException(
                    (fromEnvironment
                                    ? "The environment variable LIBTORCH names "
                                    : recorded != null
                                            ? "The shim was built with the libtorch in "
                                            : "LIBTORCH is not set, so libtorch was looked for in ")
                            + folder + ", but there is no lib/libtorch_cpu.so in that folder. "
                            + (fromEnvironment
                                    ? "Point it to a libtorch or an installed Python torch, or unset it."
                                    : "Set LIBTORCH to the folder of a libtorch " + version
                                            + ": an unpacked one, or that of the Python package (pip install torch=="
                                            + version + ").")
                            + (recorded != null ? " Or run 'mvn package' again." : ""),
                    null);
        }
        return folder.toAbsolutePath();
    }

    private static void checkVersion(Path libtorch, Properties build) throws IOException {
        String found = version(libtorch);
        String wanted = build.getProperty("libtorch.version");
        if (found != null && wanted != null && !release(found).equals(release(wanted))) {
            throw new NativeLibraryException(
                    "The shim was built with libtorch " + wanted + ", but " + libtorch + " holds " + found
                            + ". Run 'mvn package' again to build against it, or point LIBTORCH to a " + wanted + ".",
                    null);
        }
    }

    /** The version that a libtorch or Python torch folder states, or null where it does not. */
    static String version(Path libtorch) throws IOException {
        Path plain = libtorch.resolve("build-version");
        if (Files.isRegularFile(plain)) {
            return Files.readString(plain).strip();
        }
        Path python = libtorch.resolve("version.py");
        if (Files.isRegularFile(python)) {
            Matcher matcher = VERSION_PY.matcher(Files.readString(python));
            return matcher.find() ? matcher.group(1) : null;
        }
        // What the build fetched has neither.
        Path header = libtorch.resolve("include/torch/headeronly/version.h");
        if (Files.isRegularFile(header)) {
            List<String> numbers = VERSION_H
                    .matcher(Files.readString(header))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            return numbers.size() == 3 ? String.join(".", numbers) : null;
        }
        return null;
    }

    private static String release(String version) {
        int local = version.indexOf('+');
        return local < 0 ? version : version.substring(0, local);
    }
}
