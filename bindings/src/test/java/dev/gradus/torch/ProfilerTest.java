package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The profiler records operators and ranges, and writes them as a Chrome trace. */
class ProfilerTest {

    @TempDir
    private Path folder;

    private static void addTwice() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(64, 64);
            x.add(x);
            x.add(x);
        }
    }

    /** The values of the fields called name that are strings, anywhere in the file; also checks that it is JSON. */
    private static List<String> namesIn(Path json) throws IOException {
        List<String> names = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json.toFile())) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING && "name".equals(parser.currentName())) {
                    names.add(parser.getText());
                }
            }
        }
        return names;
    }

    private static long count(List<String> names, String name) {
        return names.stream().filter(name::equals).count();
    }

    @Test
    void theTraceHoldsOperatorsAndRanges() throws IOException {
        Path trace = folder.resolve("trace.json");
        try (Profiler _ = Profiler.start(Profiler.Options.DEFAULT
                .shapes(true)
                .memory(true)
                .stacks(true)
                .flops(true)
                .trace(trace))) {
            try (Guard _ = Profiler.range("my range")) {
                addTwice();
            }
        }
        List<String> names = namesIn(trace);
        assertEquals(2, count(names, "aten::add"));
        assertEquals(1, count(names, "my range"));
        assertEquals(0, count(names, "aten::mul"));
    }

    @Test
    void aTraceIsWrittenAlsoWhenTheBodyThrows() throws IOException {
        Path trace = folder.resolve("trace.json");
        assertThrows(TorchException.class, () -> {
            try (Profiler _ = Profiler.start(Profiler.Options.DEFAULT.trace(trace));
                    var _ = TensorScope.open()) {
                Torch.ones(2).add(Torch.ones(3));
            }
        });
        assertEquals(1, count(namesIn(trace), "aten::add"));
        Profiler.start().close();
    }

    private static void inAnotherThread(Runnable body) throws InterruptedException {
        List<Throwable> failures = new ArrayList<>();
        Thread other = new Thread(body);
        other.setUncaughtExceptionHandler((thread, e) -> failures.add(e));
        other.start();
        other.join();
        assertEquals(List.of(), failures);
    }

    private static long threadsThatAdd(Profiler profiler) {
        try (Profile profile = profiler.stop()) {
            return profile.events().stream()
                    .filter(event -> event.name().equals("aten::add"))
                    .map(Profile.Event::thread)
                    .distinct()
                    .count();
        }
    }

    @Test
    void threadsThatAttachThemselvesAreRecorded() throws InterruptedException {
        try (Profiler profiler = Profiler.start()) {
            addTwice();
            inAnotherThread(ProfilerTest::addTwice);
            inAnotherThread(() -> {
                try (Guard _ = profiler.attach()) {
                    addTwice();
                    assertThrows(TorchException.class, profiler::attach);
                }
            });
            assertThrows(TorchException.class, profiler::attach);
            assertEquals(2, threadsThatAdd(profiler));
            assertThrows(TorchException.class, profiler::attach);
        }
    }

    @Test
    void itIsNotStoppedWhileAThreadIsAttached() throws InterruptedException {
        try (Profiler profiler = Profiler.start();
                var other = Executors.newSingleThreadExecutor()) {
            Guard guard = other.submit(profiler::attach).get();
            TorchException e = assertThrows(TorchException.class, profiler::stop);
            assertTrue(e.getMessage().startsWith("threads are still attached to the profiler: 1;"), e.getMessage());
            other.submit(guard::close).get();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aThreadThatEndsIsDetached() throws InterruptedException {
        try (Profiler profiler = Profiler.start()) {
            inAnotherThread(() -> {
                profiler.attach();
                addTwice();
            });
            assertEquals(1, threadsThatAdd(profiler));
        }
    }

    @Test
    void memoryIsRecordedWhereItIsAskedFor() {
        try (Profiler profiler = Profiler.start(Profiler.Options.DEFAULT.memory(true))) {
            addTwice();
            try (Profile profile = profiler.stop()) {
                assertEquals(
                        3,
                        profile.events().stream()
                                .filter(event -> event.bytes() == 64 * 64 * 4)
                                .count());
            }
        }
    }

    @Test
    void averagesCountCallsAndTimes() {
        try (Profiler profiler = Profiler.start()) {
            try (Guard _ = Profiler.range("all")) {
                addTwice();
            }
            try (Profile profile = profiler.stop()) {
                ProfileTable table = profile.averages();
                ProfileTable.Row add = table.row("aten::add").orElseThrow();
                ProfileTable.Row all = table.row("all").orElseThrow();
                assertEquals(2, add.count());
                assertTrue(0 < add.selfCpu() && add.selfCpu() <= add.totalCpu(), table.toString());
                assertTrue(add.totalCpu() <= all.totalCpu() - all.selfCpu(), table.toString());
                assertTrue(table.toString().contains("aten::add"), table.toString());
            }
        }
    }

    @Test
    void timeInsideIsNotSelfTime() {
        List<Profile.Event> events = List.of(
                event("inner", 1, 20, 30),
                event("outer", 1, 0, 100),
                event("inner", 1, 60, 10),
                event("innermost", 1, 25, 5),
                event("elsewhere", 2, 10, 50));
        ProfileTable table = ProfileTable.of(events);
        assertEquals(
                new ProfileTable.Row("outer", 1, 60, 100, 0, 0),
                table.row("outer").orElseThrow());
        assertEquals(
                new ProfileTable.Row("inner", 2, 35, 40, 0, 0),
                table.row("inner").orElseThrow());
        assertEquals(
                new ProfileTable.Row("elsewhere", 1, 50, 50, 0, 0),
                table.row("elsewhere").orElseThrow());
        assertEquals("outer", table.rows().getFirst().name());
    }

    private static Profile.Event event(String name, long thread, long start, long duration) {
        return new Profile.Event(name, Profile.Kind.OPERATOR, false, thread, start, duration, 0, 0);
    }

    @Test
    void oneRunsAtATime() {
        try (Profiler _ = Profiler.start()) {
            TorchException e = assertThrows(TorchException.class, Profiler::start);
            assertEquals("a profiler is running already; stop it first", e.getMessage());
        }
    }

    @Test
    void itIsStoppedOnceAndByItsThread() throws InterruptedException {
        Profiler profiler = Profiler.start();
        inAnotherThread(() -> assertThrows(TorchException.class, profiler::close));
        profiler.stop().close();
        profiler.close();
        assertThrows(IllegalStateException.class, profiler::stop);
    }

    @Test
    void aTraceThatCannotBeWritten() {
        Path trace = folder.resolve("no such folder").resolve("trace.json");
        UncheckedIOException e = assertThrows(
                UncheckedIOException.class,
                () -> Profiler.start(Profiler.Options.DEFAULT.trace(trace)).close());
        assertTrue(e.getMessage().contains(trace.toString()), e.getMessage());
        Profiler.start().close();
    }

    @Test
    void nothingIsLeftBehind() {
        long before = LiveHandles.settled();
        try (Profiler _ = Profiler.start()) {
            addTwice();
        }
        assertEquals(before, Torch.liveHandles());
    }
}
