package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What libtorch warns of goes to a logger. The variance of one number, which is not a number, is such a thing. */
class WarningsTest extends ScopedTest {

    /** The program of the child JVM. */
    static final class Warn {
        private Warn() {}

        public static void main(String[] arguments) {
            variance();
        }
    }

    private final List<String> heard = new ArrayList<>();
    private Consumer<String> before;

    @BeforeEach
    void listen() {
        before = Warnings.receiver;
        Warnings.receiver = heard::add;
    }

    @AfterEach
    void listenNoMore() {
        Warnings.receiver = before;
    }

    private static Tensor variance() {
        return Torch.ones(1).var();
    }

    private void assertHeard(int count) {
        assertEquals(count, heard.size(), heard.toString());
        for (String text : heard) {
            assertTrue(text.contains("degrees of freedom is <= 0"), text);
        }
    }

    @Test
    void aWarningIsHandedOnAtTheEndOfItsCall() {
        Tensor x = Torch.ones(1);
        assertHeard(0);
        assertTrue(Double.isNaN(x.var().item()));
        assertHeard(1);
        x.var();
        assertHeard(2);
    }

    @Test
    void anyThreadHandsOnItsOwn() throws InterruptedException {
        for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            kind.start(() -> {
                        try (var _ = TensorScope.open()) {
                            variance();
                        }
                    })
                    .join();
        }
        assertHeard(2);
    }

    @Test
    void callsByNameHandOnTheirsAfterTheirResults() {
        List<Object> results = Operators.find("aten::var_mean").call(Torch.ones(1), true);
        assertEquals(2, results.size());
        assertHeard(1);
        Operators.find("aten::add.Tensor").call(Torch.ones(1), Torch.ones(1));
        assertHeard(1);
    }

    @Test
    void aCallThatFailsHandsOnWarningsToo() {
        Tensor x = Torch.ones(1);
        GradusTorch.gt_free(GradusTorch.gt_var(x.handle(), MemorySegment.NULL, 0, 1, 0));
        assertHeard(0);
        assertThrows(TorchException.class, () -> x.reshape(2));
        assertHeard(1);
    }

    @Test
    void aListenerMayCallTheLibrary() {
        Tensor x = Torch.ones(4, 1);
        Warnings.receiver = text -> {
            heard.add(text);
            try (var _ = TensorScope.open()) {
                // The lists of this call must not be those of the call around it.
                assertArrayEquals(
                        new long[] {7, 6},
                        Torch.ones(2, 3, 7).permute(2, 0, 1).reshape(7, 6).shape());
                assertEquals(5, Torch.ones(15).chunk(5, 0).length);
            }
        };
        Tensor variances = x.var(new long[] {1}, 1, true);
        assertArrayEquals(new long[] {4, 1}, variances.shape());
        assertHeard(1);
    }

    @Test
    void aListenerThatMakesWarningsDoesNotCallItselfWithoutEnd() {
        Warnings.receiver = text -> {
            heard.add(text);
            variance();
        };
        variance();
        assertHeard(1);
        Warnings.receiver = heard::add;
        Torch.ones(1);
        assertHeard(2);
    }

    @Test
    void whatAListenerThrowsDoesNotHarmTheCall() {
        Warnings.receiver = text -> {
            heard.add(text);
            throw new IllegalStateException("no luck");
        };
        assertTrue(Double.isNaN(variance().item()));
        assertHeard(1);
    }

    @Test
    void theDefaultIsTheLoggerOfTheLibrary() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        "target/classes:target/test-classes",
                        "-Djava.util.logging.SimpleFormatter.format=%3$s %4$s: %5$s%n",
                        Warn.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.startsWith("dev.gradus.torch WARNING: "), output);
        assertTrue(output.contains("degrees of freedom is <= 0"), output);
        assertEquals(1, output.lines().count(), output);
    }
}
