package dev.gradus.torch.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's program with nothing but the jars. */
class JarsOnlyTest {
    private static final String PROGRAM = """
        package user;

        import dev.gradus.torch.Tensor;
        import dev.gradus.torch.TensorScope;
        import dev.gradus.torch.Torch;
        import dev.gradus.torch.nn.F;

        public final class Program {
            public static void main(String[] args) {
                try (var scope = TensorScope.open()) {
                    Tensor weight = Torch.ones(2, 3).requiresGrad_(true);
                    F.linear(Torch.ones(4, 3), weight, null).sum().backward();
                    System.out.println(Torch.version() + " " + weight.grad().sum().item());
                }
            }
        }
        """;
    private static final String MODULE = "module user { requires dev.gradus.torch; }";

    @TempDir
    private Path work;

    private Path classes;

    @BeforeEach
    void compileProgram() throws Exception {
        Path sources = Files.createDirectory(work.resolve("sources"));
        classes = work.resolve("classes");
        String[] command = {
            "--release",
            "22",
            "--module-path",
            Child.LIBRARIES.toString(),
            "-d",
            classes.toString(),
            Files.writeString(sources.resolve("Program.java"), PROGRAM).toString(),
            Files.writeString(sources.resolve("module-info.java"), MODULE).toString()
        };
        assertEquals(0, ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err, command));
    }

    private void assertRuns(List<String> arguments) throws Exception {
        Child child = Child.java(work, arguments);
        // Each weight's gradient is the sum of four ones.
        assertEquals(Torch.version() + " 24.0\n", child.out(), child.err());
        assertEquals("", child.err());
        assertEquals(0, child.exitCode());
        try (var cached = Files.walk(work.resolve("cache/gradus/native"))) {
            assertEquals(1, cached.filter(Files::isRegularFile).count(), "the shim is unpacked into the cache");
        }
    }

    @Test
    void runsOnTheModulePath() throws Exception {
        assertRuns(List.of(
                "--enable-native-access=dev.gradus.torch",
                "--module-path",
                Child.LIBRARIES + ":" + classes,
                "--module",
                "user/user.Program"));
    }

    @Test
    void runsOnTheClassPath() throws Exception {
        assertRuns(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--class-path",
                Child.LIBRARIES + "/*:" + classes,
                "user.Program"));
    }

    @Test
    void theNativeJarMayBeOnTheClassPathWhileTheRestIsModules() throws Exception {
        assertRuns(List.of(
                "--enable-native-access=dev.gradus.torch",
                "--module-path",
                Child.javaJars() + ":" + classes,
                "--class-path",
                Child.LIBRARIES + "/*",
                "--module",
                "user/user.Program"));
    }

    @Test
    void withoutTheNativeJarTheMessageSaysWhichIsNeeded() throws Exception {
        Child child = Child.java(
                work,
                List.of(
                        "--enable-native-access=dev.gradus.torch",
                        "--module-path",
                        Child.javaJars() + ":" + classes,
                        "--module",
                        "user/user.Program"));
        assertEquals(1, child.exitCode());
        assertTrue(
                child.err()
                        .contains("NativeLibraryException: There is no native jar of Gradus on the class path or module"
                                + " path. Put the jar named gradus-torch-VERSION-linux-x86_64-libtorchVERSION-cpu.jar"),
                child.err());
    }
}
