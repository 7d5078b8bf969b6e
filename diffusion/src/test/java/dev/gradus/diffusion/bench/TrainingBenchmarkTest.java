package dev.gradus.diffusion.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Profile;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingBenchmarkTest {
    private static Profile.Event event(boolean onDevice, long start, long duration) {
        return new Profile.Event("kernel", Profile.Kind.OPERATOR, onDevice, 0, start, duration, 0, 0);
    }

    @Test
    void theShareOfTheTimeWithKernelsCountsOverlapsOnce() {
        // From 100 to 200 there is something from 100 to 130, from 120 to 150 and from 190 to 200.
        List<Profile.Event> events = List.of(
                event(true, 190, 10),
                event(false, 0, 1000),
                event(true, 100, 30),
                event(true, 120, 30),
                event(true, 125, 5));
        assertEquals(0.6, TrainingBenchmark.busy(events), 1e-12);
        assertEquals(0, TrainingBenchmark.busy(List.of(event(false, 1, 2))));
    }
}
