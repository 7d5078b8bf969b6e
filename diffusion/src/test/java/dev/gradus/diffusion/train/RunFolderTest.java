package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    Path temp;

    private String refusal(Path path) {
        return assertThrows(RunFolderException.class, () -> RunFolder.open(path))
                .getMessage();
    }

    @Test
    void absentAndEmptyFoldersAreNewAndStayAsTheyAre() throws IOException {
        assertFalse(RunFolder.open(temp.resolve("absent")).existed());
        assertFalse(Files.exists(temp.resolve("absent")));
        assertFalse(RunFolder.open(temp).existed());
    }

    @Test
    void fileIsRefused() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "x");
        assertTrue(refusal(file).contains("is a file, not a folder for a run"));
    }

    @Test
    void folderWithOtherFilesIsRefused() throws IOException {
        Files.writeString(temp.resolve("config.yaml"), "steps: 1");
        Files.writeString(temp.resolve("notes.txt"), "x");
        assertTrue(refusal(temp).contains("holds notes.txt, which is no part of a run; nothing was changed"));
    }

    @Test
    void folderWithoutConfigurationIsRefused() throws IOException {
        Files.createDirectory(temp.resolve("samples"));
        assertTrue(refusal(temp).contains("has no config.yaml"));
    }

    @Test
    void newestCheckpointIsTheOneWithTheHighestStep() throws IOException {
        RunFolder folder = RunFolder.open(temp.resolve("run"));
        assertEquals(Optional.empty(), folder.newestCheckpoint());
        for (long step : new long[] {5, 999_999, 1_000_000}) {
            Files.createDirectories(folder.checkpoint(step));
        }
        Files.createDirectories(temp.resolve("run/checkpoints/.step-2000000.tmp"));
        Files.createDirectories(temp.resolve("run/checkpoints/step-3000000.old"));
        assertEquals(Optional.of(folder.checkpoint(1_000_000)), folder.newestCheckpoint());
    }

    @Test
    void configurationOfAStartedRunIsNotReplacedByAnother() throws IOException {
        RunFolder folder = RunFolder.open(temp.resolve("run"));
        folder.writeConfig("steps: 1");
        folder.writeConfig("steps: 2");
        Files.writeString(folder.metricsFile(), "{\"step\":1}\n");
        var e = assertThrows(RunFolderException.class, () -> folder.writeConfig("steps: 3"));
        assertTrue(e.getMessage().contains("holds a run with another configuration"));
        assertEquals("steps: 2", Files.readString(folder.configFile()));
        folder.writeConfig("steps: 2");
    }
}
