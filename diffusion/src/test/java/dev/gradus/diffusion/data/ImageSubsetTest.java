package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageSubsetTest {
    /** Ten images of 2 x 3, each of which knows its number. */
    private static final class Numbers implements ImageDataset {
        @Override
        public long size() {
            return 10;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public int height() {
            return 2;
        }

        @Override
        public int width() {
            return 3;
        }

        @Override
        public void decode(long index, MemorySegment target) {
            target.setAtIndex(ValueLayout.JAVA_FLOAT, 0, index);
        }

        @Override
        public int label(long index) {
            return (int) index;
        }

        @Override
        public boolean labelled() {
            return true;
        }

        @Override
        public String caption(long index) {
            return "number " + index;
        }

        @Override
        public boolean captioned() {
            return true;
        }
    }

    @Test
    void hasAllThatItsImagesHave() {
        ImageSubset subset = new ImageSubset(new Numbers(), 4, 7);
        assertEquals(3, subset.size());
        assertEquals("1 x 2 x 3", subset.channels() + " x " + subset.height() + " x " + subset.width());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(24);
            subset.decode(2, target);
            assertEquals(6, target.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
        }
        assertEquals(6, subset.label(2));
        assertEquals("number 6", subset.caption(2));
        assertTrue(subset.labelled() && subset.captioned());
    }

    @ParameterizedTest
    @CsvSource({"-1, 3", "3, 3", "5, 4", "0, 11"})
    void refusesImagesThatAreNotThere(long from, long to) {
        Numbers numbers = new Numbers();
        assertThrows(IllegalArgumentException.class, () -> new ImageSubset(numbers, from, to));
    }
}
