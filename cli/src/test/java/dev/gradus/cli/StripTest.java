package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StripTest {
    @Test
    void eachImageHasARowOfWhatWasAndOneOfWhatWasThoughtToBeBehindIt() {
        Strip strip = new Strip();
        try (var _ = TensorScope.open()) {
            // Two images of one pixel, two steps. The noise level 3, 4 is scaled by 5.
            strip.stepped(new SamplingListener.Step(
                    0, 2, new NoiseLevel(1, 3, 4), Torch.tensor(5f, 10f), Torch.tensor(0.1f, 0.2f)));
            strip.stepped(new SamplingListener.Step(
                    1, 2, new NoiseLevel(0, 1, 0), Torch.tensor(3f, 4f), Torch.tensor(0.3f, 0.4f)));
        }
        assertEquals(3, strip.columns());
        float[] expected = {1, 3, 7, 0.1f, 0.3f, 7, 2, 4, 8, 0.2f, 0.4f, 8};
        assertArrayEquals(expected, strip.picture(new float[] {7, 8}, 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9, 10, 11, 17, 19, 50, 999, 1000})
    void atMostTenFramesFromTheFirstStepToTheLast(int count) {
        assertTrue(Strip.isFrame(0, count));
        assertTrue(Strip.isFrame(count - 1, count));
        assertEquals(
                Math.min(count, 10),
                IntStream.range(0, count).filter(i -> Strip.isFrame(i, count)).count());
    }

    @Test
    void framesAreEquallyFarApart() {
        assertTrue(Strip.isFrame(111, 1000));
        assertFalse(Strip.isFrame(112, 1000));
        assertTrue(Strip.isFrame(888, 1000));
    }
}
