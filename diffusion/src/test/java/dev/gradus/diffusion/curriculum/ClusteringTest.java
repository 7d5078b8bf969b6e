package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusteringTest {
    @ParameterizedTest
    @CsvSource({"1000, 20", "1000, 3", "7, 7", "1, 1", "1000000, 999999", "13, 4"})
    void clustersCoverAllTimestepsWithoutGapAndDifferByOneAtMost(int timesteps, int count) {
        List<TimestepRange> clusters = Clustering.uniform(count).clusters(timesteps);
        assertEquals(count, clusters.size());
        int next = 0;
        for (TimestepRange cluster : clusters) {
            assertEquals(next, cluster.from());
            assertTrue(cluster.size() == timesteps / count || cluster.size() == (timesteps + count - 1) / count);
            next = cluster.to();
        }
        assertEquals(timesteps, next);
    }

    @Test
    void moreClustersThanTimestepsAreRefused() {
        var e = assertThrows(
                IllegalArgumentException.class, () -> Clustering.uniform(11).clusters(10));
        assertEquals("11 clusters do not fit into 10 timesteps", e.getMessage());
    }

    @Test
    void zeroClustersAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Clustering.uniform(0));
    }

    @Test
    void easyToHardAddsClustersFromTheHighestNoiseDown() {
        assertEquals(
                List.of(new TimestepRange(7, 10), new TimestepRange(5, 10), new TimestepRange(2, 10), range10()),
                StageOrder.easyToHard().stages(Clustering.uniform(4).clusters(10)));
    }

    @Test
    void hardToEasyAddsClustersFromTheLowestNoiseUp() {
        assertEquals(
                List.of(new TimestepRange(0, 2), new TimestepRange(0, 5), new TimestepRange(0, 7), range10()),
                StageOrder.hardToEasy().stages(Clustering.uniform(4).clusters(10)));
    }

    @Test
    void noOrderIsOneStageOfAllTimesteps() {
        assertEquals(
                List.of(range10()),
                StageOrder.none().stages(Clustering.uniform(4).clusters(10)));
    }

    private static TimestepRange range10() {
        return new TimestepRange(0, 10);
    }
}
