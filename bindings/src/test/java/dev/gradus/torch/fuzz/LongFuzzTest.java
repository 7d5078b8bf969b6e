package dev.gradus.torch.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.LiveHandles;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A million calls, or {@code -Dgradus.fuzz.calls}; {@code -Dgradus.fuzz.seed} chooses another program. The Maven profile
 * {@code fuzz} runs it.
 */
@Tag("fuzz")
class LongFuzzTest {

    @Test
    void aMillionRandomCallsEndWithAnswersOrDocumentedExceptionsAndNoHandles() throws InterruptedException {
        long before = LiveHandles.settled();
        long seed = Long.getLong("gradus.fuzz.seed", 1);
        Tally tally = Fuzzer.run(Long.getLong("gradus.fuzz.calls", 1_000_000), 4, seed);
        System.out.println("seed " + seed + ": " + tally);
        assertEquals(List.of(), tally.failures());
        assertEquals(0, Fuzzer.leftOver(before));
    }
}
