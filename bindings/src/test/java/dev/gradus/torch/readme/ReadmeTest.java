package dev.gradus.torch.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTest {
    @Test
    void readmeShowsTheExampleThatIsTested() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        String example = Files.readString(Path.of("src/test/java/dev/gradus/torch/readme/FitSine.java"));
        String shown = between(readme, "<!-- FitSine -->\n```java\n", "```\n");
        assertEquals(example.substring(example.indexOf("import")), shown);
    }

    @Test
    void exampleLearns() {
        PrintStream before = System.out;
        var output = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
            FitSine.main(new String[0]);
        } finally {
            System.setOut(before);
        }
        String[] lines = output.toString(StandardCharsets.UTF_8).strip().split("\n");
        double loss = Double.parseDouble(lines[lines.length - 1].replaceAll(".*loss ", ""));
        assertTrue(loss < 1e-3, "loss after 1000 steps: " + loss);
    }

    private static String between(String text, String start, String end) {
        int from = text.indexOf(start);
        assertTrue(from >= 0, "README.md has no " + start);
        from += start.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
