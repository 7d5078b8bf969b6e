package dev.gradus.torch.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Saves to a file system of one mebibyte, mounted in a namespace of its own for a second JVM. Skipped where the system
 * gives no such namespace to its users.
 */
class FullDiskTest {
    private static final List<String> NAMESPACE = List.of("unshare", "--mount", "--map-root-user");

    @TempDir
    Path folder;

    @Test
    void aFullDiskIsOneErrorAndTheOldFileStays() throws Exception {
        assertEquals("""
            before: cannot be written: it takes 2097232 bytes, and the disk has SOME free
            files: [x]
            during: cannot be written: the disk or quota is full, or the file was cut while it was written
            old: 1.0
            """, onASmallDisk().replaceAll("has \\d+ free", "has SOME free"));
    }

    private String onASmallDisk() throws Exception {
        String mount = "mount -t tmpfs -o size=1m tmpfs '" + folder + "' || exit 77; exec \"$@\"";
        List<String> command = Stream.of(
                        NAMESPACE,
                        List.of("sh", "-c", mount, "sh"),
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx64m",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                classPath(),
                                FullDiskTest.class.getName(),
                                folder.toString()))
                .flatMap(List::stream)
                .toList();
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, "no unshare: " + e.getMessage());
            throw e;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assumeTrue(!output.startsWith("unshare:") && status != 77, "no file system of one's own: " + output);
        assertEquals(0, status, output);
        return output;
    }

    private static String classPath() {
        return Stream.of(FullDiskTest.class, SafeTensors.class, JsonFactory.class, Test.class)
                .map(FullDiskTest::location)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String location(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Runs in the second JVM; args[0] is the small disk. */
    public static void main(String[] args) throws IOException {
        Path path = Path.of(args[0], "x");
        SafeTensors.save(path, Map.of("a", Torch.tensor(1f)));
        try (Tensor big = Torch.zeros(TensorOptions.defaults().dtype(DType.UINT8), 2 << 20)) {
            var tensors = Map.of("a", big);
            try {
                SafeTensors.save(path, tensors);
            } catch (SafeTensorsException e) {
                System.out.println(
                        "before: " + e.getMessage().substring(path.toString().length() + 2));
            }
            try (Stream<Path> files = Files.list(path.getParent())) {
                System.out.println("files: " + files.map(Path::getFileName).toList());
            }
            try {
                SafeTensorsWriter.writeTo(path, path.resolveSibling("t"), Layout.of(path, tensors, Map.of()), tensors);
            } catch (SafeTensorsException e) {
                System.out.println(
                        "during: " + e.getMessage().substring(path.toString().length() + 2));
            }
        }
        try (Tensor old = SafeTensors.load(path).get("a")) {
            System.out.println("old: " + old.item());
        }
    }
}
