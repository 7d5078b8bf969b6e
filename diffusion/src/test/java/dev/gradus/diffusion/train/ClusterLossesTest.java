package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.gradus.diffusion.curriculum.TimestepRange;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterLossesTest {
    private ClusterLosses losses;

    @BeforeEach
    void prepare() {
        losses = of();
    }

    private static ClusterLosses of() {
        return new ClusterLosses(
                List.of(new TimestepRange(0, 10), new TimestepRange(10, 20), new TimestepRange(20, 30)));
    }

    @Test
    void eachImageCountsForTheClusterOfItsTime() {
        losses.add(new double[] {0, 9, 9.5, 29}, new double[] {1, 2, 6, 5});
        assertEquals(Arrays.asList(3.0, null, 5.0), losses.means());
    }

    @Test
    void aTimeAtABoundaryBelongsToTheClusterThatBeginsThere() {
        losses.add(new double[] {10, 20, 30}, new double[] {1, 2, 4});
        assertEquals(Arrays.asList(null, 1.0, 3.0), losses.means());
    }

    @Test
    void aReportStartsAnew() {
        losses.add(new double[] {5}, new double[] {1});
        losses.reset();
        losses.add(new double[] {15}, new double[] {2});
        assertEquals(Arrays.asList(null, 2.0, null), losses.means());
    }

    @Test
    void aRestoredStateGoesOn() {
        losses.add(new double[] {5, 15}, new double[] {1, 7});
        ClusterLosses restored = of();
        restored.restore(losses.state());
        restored.add(new double[] {6}, new double[] {2});
        assertEquals(Arrays.asList(1.5, 7.0, null), restored.means());
    }

    @Test
    void aStateWithoutTheseLossesBeginsAnew() {
        losses.restore(MissingNode.getInstance());
        assertEquals(Arrays.asList(null, null, null), losses.means());
    }
}
