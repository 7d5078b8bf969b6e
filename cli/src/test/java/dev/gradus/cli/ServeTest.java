package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeTest {
    @TempDir
    private Path folder;

    private static String get(String address) throws IOException {
        try (var in = URI.create(address).toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static List<String> contents(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void aRunIsShownAndDrawnFromUntilCtrlC() throws Exception {
        TinyRun.data(folder);
        Path run = folder.resolve("run");
        Cli.run(TinyRun.train(folder, run)).succeeds();
        List<String> before = contents(run);
        // What starts in the background of a script ignores Ctrl-C, and so would the process here.
        List<String> heeding = List.of("env", "--default-signal=INT");
        JavaProcess serve = JavaProcess.start(folder, heeding, Map.of(), "serve", run);
        String address = "";
        for (int i = 0; i < 600 && address.isEmpty() && serve.isAlive(); i++) {
            Thread.sleep(50);
            address = serve.out().strip();
        }
        assertTrue(address.matches("http://localhost:\\d+/"), address + serve.err());
        assertTrue(get(address).contains("<title>Gradus</title>"));
        assertTrue(get(address + "runs/0/log").contains("\"drawable\":true"));
        String drawn = get(address + "runs/0/draw?count=2&steps=3&seed=1");
        assertTrue(drawn.contains("event: progress\ndata: {\"done\":3,\"total\":3}"), drawn);
        assertTrue(drawn.contains("event: drawn\ndata: {\"picture\":\"data:image/png;base64,iVBOR"), drawn);
        assertTrue(get(address + "runs/0/draw?count=65").contains("Images: must be from 1 to 64, is 65"));
        assertTrue(get(address + "runs/0/draw?steps=x").contains("event: failed"));
        assertTrue(get(address + "runs/0/draw?class=Bag").contains("takes no classes"));
        assertEquals(before, contents(run));
        serve.interrupt();
        assertEquals(ExitCode.DONE, serve.exitCode(), serve.err());
    }
}
