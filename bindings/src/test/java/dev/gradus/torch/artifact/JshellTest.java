package dev.gradus.torch.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line that README.md gives to paste. */
class JshellTest {
    @TempDir
    private Path work;

    @Test
    void onePastedLineStartsIt() throws Exception {
        List<String> lines = Files.readAllLines(Path.of("README.md")).stream()
                .filter(line -> line.startsWith("jshell "))
                .toList();
        assertEquals(1, lines.size());
        String command = lines.getFirst().replaceFirst("jshell", "'" + Child.tool("jshell") + "'")
                // Other programs of the user may wait for the preferences of this machine's account.
                + " -J-Djava.util.prefs.userRoot='" + work + "'";
        String input = """
            double sum = Torch.ones(2, 3).sum().item()
            Module layer = new Dropout(0.5)
            /exit
            """;
        Child child = Child.run(work, Path.of("..").toRealPath(), input, List.of("sh", "-c", command));
        assertTrue(child.out().contains("sum ==> 6.0"), child.out() + child.err());
        assertTrue(child.out().contains("layer ==> "), child.out() + child.err());
        assertEquals(0, child.exitCode());
    }
}
