package dev.gradus.torch.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.LiveHandles;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A short run of {@link Fuzzer}; the long one is the Maven profile {@code fuzz}. */
class FuzzTest {

    private static final long CALLS = 40_000;

    @Test
    void randomProgramsEndWithAnswersOrDocumentedExceptionsAndNoHandles() throws InterruptedException {
        long before = LiveHandles.settled();
        Tally tally = Fuzzer.run(CALLS, 4, 1);
        assertEquals(List.of(), tally.failures());
        assertEquals(CALLS, tally.calls());
        assertTrue(tally.wrong() > CALLS / 4, tally::toString);
        assertTrue(tally.answeredCalls() > CALLS / 5, tally::toString);
        assertEquals(0, Fuzzer.leftOver(before));
    }
}
