package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class FashionMnistTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path cache;

    private byte[] content;
    private Map<String, String> sha256;

    @BeforeEach
    void makeContent() throws Exception {
        byte[] plain = IdxFileTest.idx(2, 3, 3);
        content = IdxFileTest.gzip(plain);
        sha256 = Map.of(
                "a.gz",
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(plain)));
    }

    private interface Fetch {
        void into(Path folder, FetchProgress progress) throws IOException;
    }

    private static DataSource source(String name, Fetch fetch) {
        return new DataSource() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void fetch(Path folder, FetchProgress progress) throws IOException {
                fetch.into(folder, progress);
            }
        };
    }

    private DataSource good() {
        return source("good", (folder, progress) -> Files.write(folder.resolve("a.gz"), content));
    }

    private FashionMnist from(DataSource... sources) {
        return new FashionMnist(cache, List.of(sources), sha256);
    }

    private List<String> cacheNames() throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fetchedFilesAreKeptAndUsedAgain() throws IOException {
        Path folder = from(good()).folder(SILENT);
        assertArrayEquals(content, Files.readAllBytes(folder.resolve("a.gz")));
        assertEquals(List.of("fashion-mnist", "fashion-mnist.lock"), cacheNames());
        assertEquals(folder, from().folder(SILENT));
    }

    @Test
    void nextSourceIsTriedWhenOneFailsOrDeliversSomethingElse() throws IOException {
        DataSource absent = source("absent", (folder, progress) -> {
            throw new IOException("no network");
        });
        DataSource wrong = source(
                "wrong",
                (folder, progress) -> Files.write(folder.resolve("a.gz"), IdxFileTest.gzip(new byte[] {1, 2})));
        Path folder = from(absent, wrong, good()).folder(SILENT);
        assertArrayEquals(content, Files.readAllBytes(folder.resolve("a.gz")));
    }

    @Test
    void messageSaysWhyEachSourceFailedAndWhatToDo() throws IOException {
        DataSource absent = source("absent", (folder, progress) -> {
            throw new IOException("no network");
        });
        DataSource wrong = source(
                "wrong",
                (folder, progress) -> Files.write(folder.resolve("a.gz"), IdxFileTest.gzip(new byte[] {1, 2})));
        String message = assertThrows(
                        DataException.class, () -> from(absent, wrong).folder(SILENT))
                .getMessage();
        assertTrue(message.contains("absent: no network; wrong: a.gz has another content than expected"), message);
        assertTrue(message.endsWith("Put a.gz into a folder and name it with data.path"), message);
        assertEquals(List.of("fashion-mnist.lock"), cacheNames());
    }

    @Test
    void aStoppedFetchKeepsWhatItHas() throws IOException {
        DataSource slow = source("slow", (folder, progress) -> {
            Files.write(folder.resolve("a.gz"), new byte[100]);
            progress.update("slow", 100, 1000);
        });
        assertThrows(
                CancellationException.class,
                () -> from(slow).folder((what, done, total) -> {
                    throw new CancellationException();
                }));
        assertEquals(List.of("fashion-mnist.lock", "fashion-mnist.part"), cacheNames());
        DataSource goesOn = source("slow", (folder, progress) -> {
            assertEquals(100, Files.size(folder.resolve("a.gz")));
            Files.write(folder.resolve("a.gz"), content);
        });
        from(goesOn).folder(SILENT);
        assertEquals(List.of("fashion-mnist", "fashion-mnist.lock"), cacheNames());
    }

    @Test
    void leftoversOfAKilledFetchAreReplaced() throws IOException {
        Files.createDirectories(cache.resolve(".fashion-mnist.tmp/fetched"));
        Files.write(cache.resolve(".fashion-mnist.tmp/fetched/a.gz"), new byte[3]);
        from(good()).folder(SILENT);
        assertEquals(List.of("fashion-mnist", "fashion-mnist.lock"), cacheNames());
    }

    @Test
    void twoFetchesAtOnceFetchOnce() throws Exception {
        AtomicInteger fetches = new AtomicInteger();
        DataSource counted = source("counted", (folder, progress) -> {
            fetches.incrementAndGet();
            Files.write(folder.resolve("a.gz"), content);
        });
        List<Thread> threads = Stream.generate(() -> Thread.ofPlatform().start(() -> {
                    try {
                        from(counted).folder(SILENT);
                    } catch (DataException e) {
                        throw new AssertionError(e);
                    }
                }))
                .limit(4)
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, fetches.get());
    }
}
