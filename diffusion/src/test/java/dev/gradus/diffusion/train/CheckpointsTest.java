package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.CheckpointConfig;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
            String reason = failure instanceof IOException ? "the disk is full" : failure.getMessage();
            assertTrue(e.getMessage().contains("step-000002 could not be written: " + reason), e.getMessage());
            assertTrue(e.getMessage().contains("the checkpoints before it are untouched"));
        }
        assertEquals(List.of("step-000001"), names());
        assertEquals("1", Files.readString(folder.resolve("step-000001/state.json")));
    }

    private void write(int step, int stage, String score) throws IOException {
        String state = "{\"format\":3,\"step\":%d,\"stage\":%d,\"score\":%s}".formatted(step, stage, score);
        Checkpoints.write(
                folder.resolve("step-%06d".formatted(step)),
                path -> Files.writeString(path.resolve("state.json"), state));
    }

    /** Steps 10 to 60; the score of step 20 is the lowest, but of an easier stage, and that of step 50 is not a number. */
    private void writeSix() throws IOException {
        write(10, 1, "0.5");
        write(20, 1, "0.1");
        write(30, 2, "0.4");
        write(40, 2, "0.3");
        write(50, 2, "null");
        write(60, 2, "0.6");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, '10,20,30,40,50,60'",
        "0, 20, 1, '10,20,30,40,50,60'",
        "1, 0, 0, '60'",
        "2, 0, 0, '50,60'",
        "1, 20, 0, '20,40,60'",
        "1, 0, 1, '40,60'",
        "2, 0, 2, '30,40,50,60'",
        "9, 0, 0, '10,20,30,40,50,60'"
    })
    void theLastEveryMthAndTheBestAreKept(int last, int every, int best, String kept) throws IOException {
        writeSix();
        Checkpoints.prune(
                names().stream().map(folder::resolve).toList(), new CheckpointConfig(10, last, every, best, false));
        assertEquals(Stream.of(kept.split(",")).map("step-0000%s"::formatted).toList(), names());
    }

    @Test
    void everyKindOfDamageIsFound() throws IOException {
        Path checkpoint = folder.resolve("step-000001");
        record Damage(String message, AtomicFiles.Writer writer) {}
        Path weights = checkpoint.resolve("model/weights");
        Path list = checkpoint.resolve(Checksums.FILE);
        for (Damage damage : List.of(
                new Damage("state.json is missing", _ -> Files.delete(checkpoint.resolve("state.json"))),
                new Damage("model/weights has another checksum", _ -> Files.write(weights, new byte[] {1, 2, 3, 5})),
                new Damage("model/weights has another checksum", _ -> Files.write(weights, new byte[] {1, 2, 3})),
                new Damage("it has no checksums.sha256", _ -> Files.delete(list)),
                new Damage("checksums.sha256 is empty", _ -> Files.write(list, new byte[0])),
                new Damage("checksums.sha256 has a line", _ -> Files.writeString(list, "0123")),
                new Damage("../other is missing", _ -> Files.writeString(list, "0123  ../other")),
                new Damage("checksums.sha256 cannot be read", _ -> Files.write(list, new byte[] {(byte) 0xff, 10})))) {
            AtomicFiles.delete(checkpoint);
            Checkpoints.write(checkpoint, path -> {
                Files.writeString(path.resolve("state.json"), "1");
                Files.createDirectory(path.resolve("model"));
                Files.write(path.resolve("model/weights"), new byte[] {1, 2, 3, 4});
            });
            assertEquals(Optional.empty(), Checksums.problem(checkpoint));
            damage.writer().write(checkpoint);
            String problem = Checksums.problem(checkpoint).orElseThrow();
            assertTrue(problem.startsWith(damage.message()), problem);
        }
    }

    @Test
    void checksumsAreThoseOfSha256sum() throws IOException {
        Path checkpoint = folder.resolve("step-000001");
        Checkpoints.write(checkpoint, path -> Files.writeString(path.resolve("state.json"), "abc"));
        assertEquals(
                // FIPS 180-2, appendix B.1.
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  state.json\n",
                Files.readString(checkpoint.resolve(Checksums.FILE)));
    }

    @Test
    void leftoverOfAKilledProcessIsReplaced() throws IOException {
        Files.createDirectories(folder.resolve(".step-000001.tmp/model"));
        Checkpoints.write(folder.resolve("step-000001"), path -> Files.writeString(path.resolve("state.json"), "1"));
        assertEquals(List.of("step-000001"), names());
        try (Stream<Path> files = Files.list(folder.resolve("step-000001"))) {
            assertEquals(
                    List.of(Checksums.FILE, "state.json"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }
}
