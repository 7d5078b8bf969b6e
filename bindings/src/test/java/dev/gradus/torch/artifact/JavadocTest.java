package dev.gradus.torch.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The build checks what comments say; that there are any is checked here. */
class JavadocTest {
    @TempDir
    private Path classes;

    @Test
    void everythingPublicHasAComment() throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "--release",
                "22",
                "-proc:none",
                "-Xlint:none",
                "-Xmaxwarns",
                "100000",
                // Asks for tags as well, which are not wanted where a sentence says all.
                "-Xdoclint:missing/protected",
                "-Xdoclint/package:-dev.gradus.torch.ffi",
                "--module-path",
                Child.LIBRARIES.toString(),
                "-d",
                classes.toString()));
        try (var sources = Files.walk(Path.of("src/main/java"))) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        StringWriter messages = new StringWriter();
        PrintWriter out = new PrintWriter(messages);
        assertEquals(
                0,
                ToolProvider.findFirst("javac").orElseThrow().run(out, out, arguments.toArray(String[]::new)),
                messages.toString());
        List<String> warnings = messages.toString()
                .lines()
                .filter(line -> line.contains("warning:"))
                .toList();
        assertTrue(warnings.size() > 100, "doclint looked at nothing");
        assertEquals(
                List.of(),
                warnings.stream().filter(line -> line.contains("no comment")).toList());
    }
}
