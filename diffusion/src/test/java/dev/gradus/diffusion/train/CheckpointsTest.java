package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void failureLeavesOlderCheckpointsWholeAndNothingElse() throws IOException {
        Checkpoints.write(folder.resolve("step-000001"), path -> Files.writeString(path.resolve("state.json"), "1"));
        for (Throwable failure : new Throwable[] {
            new IOException("No space left on device"),
            new InternalError("a fault occurred in an access to mapped memory")
        }) {
            var e = assertThrows(
                    RunFolderException.class,
                    () -> Checkpoints.write(folder.resolve("step-000002"), path -> {
                        Files.createDirectory(path.resolve("model"));
                        Files.writeString(path.resolve("model/half"), "half");
                        if (failure instanceof IOException io) {
                            throw io;
                        }
                        throw (Error) failure;
                    }));
            assertTrue(e.getMessage().contains("step-000002 could not be written: " + failure.getMessage()));
            assertTrue(e.getMessage().contains("the checkpoints before it are untouched"));
        }
        assertEquals(List.of("step-000001"), names());
        assertEquals("1", Files.readString(folder.resolve("step-000001/state.json")));
    }

    @Test
    void leftoverOfAKilledProcessIsReplaced() throws IOException {
        Files.createDirectories(folder.resolve(".step-000001.tmp/model"));
        Checkpoints.write(folder.resolve("step-000001"), path -> Files.writeString(path.resolve("state.json"), "1"));
        assertEquals(List.of("step-000001"), names());
        try (Stream<Path> files = Files.list(folder.resolve("step-000001"))) {
            assertEquals(1, files.count());
        }
    }
}
