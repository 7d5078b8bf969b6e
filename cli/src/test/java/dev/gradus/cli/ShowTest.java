package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShowTest {
    @TempDir
    private Path folder;

    @Test
    void lossAndStagesAreDrawnInLinesThatFit() throws Exception {
        TinyRun.data(folder);
        Path run = folder.resolve("run");
        Cli.run(TinyRun.train(folder, run)).succeeds();
        List<String> lines =
                Cli.run("show", run, "--height", 4).succeeds().lines().toList();
        assertEquals(run.toString(), lines.getFirst());
        assertTrue(lines.get(1).matches("step 6, stage 2 of 2, loss [0-9.]+"), lines.toString());
        assertEquals(
                List.of("loss, over the steps", "times t that are drawn, over the steps"),
                List.of(lines.get(4), lines.get(11)));
        lines.stream().skip(1).forEach(line -> assertTrue(line.length() <= 80, line));
        assertFalse(lines.toString().contains("\033"), "colours are for terminals");
    }

    @Test
    void aRunWithoutALogSaysSo() throws Exception {
        Path run = Files.createDirectories(folder.resolve("new"));
        Files.writeString(run.resolve("config.yaml"), "steps: 3\n");
        assertEquals(run + ": nothing is logged yet\n", Cli.run("show", run).succeeds());
    }
}
