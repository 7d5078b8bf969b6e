package dev.gradus.torch.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compiles and runs every piece of Java in bindings/README.md. */
class BindingsReadmeTest {
    private static final String CLASS = """
        import java.nio.file.*;
        import java.util.*;

        public final class Snippet%d {
            public static void run() throws Exception {
                %s
            }
        }
        """;

    @TempDir
    private static Path work;

    private static URLClassLoader loader;

    private static List<Snippets.Snippet> snippets() throws Exception {
        return Snippets.of(Files.readString(Path.of("README.md")));
    }

    private static Stream<Arguments> numbered() throws Exception {
        List<Snippets.Snippet> all = snippets();
        return IntStream.range(0, all.size()).mapToObj(i -> Arguments.of(all.get(i), i));
    }

    @BeforeAll
    static void compile() throws Exception {
        List<Snippets.Snippet> all = snippets();
        assertTrue(all.size() > 60, "only " + all.size() + " snippets were found");
        String imports = Files.readString(Path.of("gradus.jsh"));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            String source = imports + CLASS.formatted(i, all.get(i).code());
            files.add(Files.writeString(work.resolve("Snippet" + i + ".java"), source));
        }
        List<String> options = new ArrayList<>(
                List.of("--release", "22", "-d", work.toString(), "--class-path", "target/classes", "-Xlint:-options"));
        files.forEach(file -> options.add(file.toString()));
        StringWriter messages = new StringWriter();
        PrintWriter out = new PrintWriter(messages);
        int failed = ToolProvider.findFirst("javac").orElseThrow().run(out, out, options.toArray(String[]::new));
        assertEquals(0, failed, messages.toString());
        loader = new URLClassLoader(new URL[] {work.toUri().toURL()}, Tensor.class.getClassLoader());
    }

    @AfterAll
    static void close() throws Exception {
        loader.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbered")
    void runsAndPrintsWhatThePageShows(Snippets.Snippet snippet, int number) throws Exception {
        assumeTrue(!snippet.needsCuda() || Torch.cudaIsAvailable(), "no GPU");
        var run = loader.loadClass("Snippet" + number).getMethod("run");
        PrintStream before = System.out;
        var printed = new ByteArrayOutputStream();
        try (var _ = TensorScope.open()) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            run.invoke(null);
        } finally {
            System.setOut(before);
        }
        if (snippet.output() != null) {
            assertEquals(snippet.output(), printed.toString(StandardCharsets.UTF_8));
        }
    }
}
