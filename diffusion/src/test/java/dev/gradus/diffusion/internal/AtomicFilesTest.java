package dev.gradus.diffusion.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fileIsReplacedAsAWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "old");
        AtomicFiles.file(file, temporary -> {
            Files.writeString(temporary, "new");
            assertEquals("old", Files.readString(file));
        });
        assertEquals("new", Files.readString(file));
        assertEquals(List.of("a"), names());
    }

    @Test
    void failureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "old");
        assertThrows(
                IOException.class,
                () -> AtomicFiles.file(file, temporary -> {
                    Files.writeString(temporary, "half");
                    throw new IOException("disk full");
                }));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a"), names());
    }

    @Test
    void leftoversAreDeletedAndOtherHiddenFilesAreNot() throws IOException {
        Files.createDirectories(folder.resolve(".step-000001.tmp/model"));
        Files.writeString(folder.resolve(".config.yaml.tmp"), "half");
        Files.writeString(folder.resolve(".hidden"), "kept");
        AtomicFiles.deleteLeftovers(folder);
        assertEquals(List.of(".hidden"), names());
    }

    @Test
    void deletingFollowsNoLinks() throws IOException {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "kept");
        Path inside = Files.createDirectory(folder.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("link"), outside);
        AtomicFiles.delete(inside);
        assertEquals(List.of("outside"), names());
        assertEquals("kept", Files.readString(outside.resolve("kept")));
    }
}
