package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be loaded is one message that says what was found and what to do. Each case is a JVM of its own. */
class NativeLibraryTest {

    /** The program of the child JVM: uses the library and prints what became of it. */
    static final class Load {
        private Load() {}

        public static void main(String[] arguments) {
            for (int attempt = 0; attempt < 2; attempt++) {
                try {
                    System.out.println("loaded " + NativeLibrary.info().libtorchVersion());
                } catch (NativeLibraryException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    private static final Path FAKES = Path.of("target", "native", "test").toAbsolutePath();

    private static Path shim;
    private static Path libtorch;
    private static String version;

    @TempDir
    private Path folder;

    private final List<String> options = new ArrayList<>();
    private Path libtorchVariable;

    @BeforeAll
    static void whatIsThere() {
        NativeLibrary.Info info = NativeLibrary.info();
        shim = info.shim();
        libtorch = info.libtorch();
        version = info.libtorchVersion();
    }

    /** Copies a file to the test's folder as the shim, and describes it as built with this libtorch. */
    private Path asShim(Path file, String libtorchVersion) throws IOException {
        Path copy = Files.copy(file, folder.resolve("libgradus_torch.so"));
        var properties = new Properties();
        properties.setProperty("libtorch", libtorch.toString());
        properties.setProperty("libtorch.version", libtorchVersion);
        try (var out = Files.newBufferedWriter(folder.resolve("build.properties"))) {
            properties.store(out, null);
        }
        options.add("-Dgradus.native=" + copy);
        return copy;
    }

    /** What the child prints, the same at the second attempt as at the first. */
    private String load() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", "target/classes:target/test-classes", Load.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("LIBTORCH");
        if (libtorchVariable != null) {
            builder.environment().put("LIBTORCH", libtorchVariable.toString());
        }
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        List<String> lines = output.lines().toList();
        assertEquals(2, lines.size(), output);
        assertEquals(lines.get(0), lines.get(1));
        return lines.get(0);
    }

    private static void says(String message, Object... parts) {
        for (Object part : parts) {
            assertTrue(message.contains(part.toString()), message + "\ndoes not say: " + part);
        }
    }

    @Test
    void loadsWhatWasBuilt() throws Exception {
        assertEquals("loaded " + version, load());
    }

    @Test
    void aShimDescribedAsOfAnotherLibtorch() throws Exception {
        asShim(shim, "2.7.0");
        says(
                load(),
                "built with libtorch 2.7.0",
                libtorch + " holds " + version,
                "mvn package",
                "point LIBTORCH to a 2.7.0");
    }

    @Test
    void aShimThatIsOfAnotherLibtorch() throws Exception {
        Path fake = asShim(FAKES.resolve("shim_of_another_libtorch.so"), version);
        says(
                load(),
                libtorch,
                fake,
                "compiled against libtorch 2.7.0, the libtorch in this process is " + version,
                "mvn package");
    }

    @Test
    void aShimThatIsOfAnotherBuildThanTheClasses() throws Exception {
        Path fake = asShim(FAKES.resolve("shim_of_another_header.so"), version);
        says(load(), fake + " (version 0 of its functions)", "different builds", "mvn package");
    }

    @Test
    void aSymbolThatLibtorchDoesNotHave() throws Exception {
        Path fake = asShim(FAKES.resolve("shim_with_a_missing_symbol.so"), version);
        says(load(), fake, "a_symbol_of_a_later_libtorch", libtorch, "another version", "mvn package");
    }

    @Test
    void aFileThatIsNoLibrary() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "not a library at all, whatever its name");
        Path fake = asShim(text, version);
        says(load(), fake + " is no Linux library", "damaged", "mvn package");
    }

    @Test
    void aLibraryThatIsCutOff() throws Exception {
        byte[] bytes = Files.readAllBytes(shim);
        Path cut = Files.write(folder.resolve("cut"), java.util.Arrays.copyOf(bytes, 1000));
        Path fake = asShim(cut, version);
        says(load(), fake + " is cut off", "mvn package");
    }

    @Test
    void aLibraryForAnotherMachine() throws Exception {
        byte[] bytes = Files.readAllBytes(shim);
        bytes[18] = (byte) (bytes[18] == 62 ? 183 : 62); // e_machine of the ELF header
        Path other = Files.write(folder.resolve("other"), bytes);
        Path fake = asShim(other, version);
        says(
                load(),
                fake,
                bytes[18] == 62 ? "linux-x86_64" : "linux-aarch64",
                "this JVM runs on linux-",
                "mvn package");
    }

    @Test
    void aPlatformWithoutAShim() throws Exception {
        options.add("-Dos.arch=riscv64");
        says(
                load(),
                "no native jar of Gradus",
                "gradus-torch-VERSION-linux-riscv64-libtorchVERSION-cpu.jar",
                "mvn package");
    }

    @Test
    void aPropertyThatNamesNoFile() throws Exception {
        options.add("-Dgradus.native=" + folder.resolve("nowhere.so"));
        says(load(), "gradus.native", folder.resolve("nowhere.so"), "does not exist");
    }

    @Test
    void aVariableThatNamesNoLibtorch() throws Exception {
        libtorchVariable = folder;
        says(load(), "The environment variable LIBTORCH names " + folder, "no lib/libtorch_cpu.so", "unset it");
    }

    @Test
    void aLibtorchThatNeedsWhatIsMissing() throws Exception {
        // A folder with libtorch_cpu.so alone, and the others of it nowhere to be found.
        libtorchVariable = folder;
        Path lib = Files.createDirectories(folder.resolve("lib"));
        Files.copy(FAKES.resolve("library_that_needs_another.so"), lib.resolve("libtorch_cpu.so"));
        says(load(), lib.resolve("libtorch_cpu.so") + " needs libnot_installed.so", "not found on this machine");
    }

    @Test
    void aLibtorchThatIsGone() throws Exception {
        Path fake = asShim(shim, version);
        Path properties = fake.resolveSibling("build.properties");
        Files.writeString(properties, "libtorch=" + folder.resolve("gone") + "\nlibtorch.version=" + version + "\n");
        says(
                load(),
                "The shim was built with the libtorch in " + folder.resolve("gone"),
                "LIBTORCH to the folder of a libtorch " + version);
    }

    @Test
    void buildInformationIsComplete() {
        BuildInfo build = Torch.buildInfo();
        assertEquals(version, build.libtorchVersion());
        assertEquals(shim, build.shim());
        assertEquals(NativeLibrary.info().cuda(), !build.cudaVersion().isEmpty());
        assertTrue(build.compiler().matches("(GCC|Clang) \\d+\\..*"), build.compiler());
        assertTrue(build.flags().contains("-O"), build.flags());
        assertTrue(build.libtorchConfig().contains("TORCH_VERSION=" + version), build.libtorchConfig());
        assertFalse(build.toString().contains("null"), build.toString());
    }
}
