package dev.gradus.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestTest {
    private static final List<String> KEYS =
            List.of("batchSize", "optimizer.lr", "optimizer.betas", "data.path", "steps");

    @Test
    void distanceCountsInsertionsDeletionsAndReplacements() {
        assertEquals(3, Nearest.distance("kitten", "sitting"));
        assertEquals(2, Nearest.distance("flaw", "lawn"));
        assertEquals(5, Nearest.distance("", "abcde"));
        assertEquals(0, Nearest.distance("same", "same"));
    }

    @Test
    void findsTheNearestKey() {
        assertEquals(Optional.of("optimizer.lr"), Nearest.to("optimzer.lr", KEYS));
        assertEquals(Optional.of("steps"), Nearest.to("step", KEYS));
    }

    @Test
    void spellingOfWordBordersDoesNotCount() {
        assertEquals(Optional.of("batchSize"), Nearest.to("batch_size", KEYS));
        assertEquals(Optional.of("batchSize"), Nearest.to("batch-size", KEYS));
    }

    @Test
    void findsTheKeyWhoseSectionWasLeftOut() {
        assertEquals(Optional.of("optimizer.lr"), Nearest.to("lr", KEYS));
    }

    @Test
    void suggestsNothingForAWordThatIsFarFromAll() {
        assertEquals(Optional.empty(), Nearest.to("resolution", KEYS));
        assertEquals("", Nearest.hint("resolution", KEYS));
    }
}
