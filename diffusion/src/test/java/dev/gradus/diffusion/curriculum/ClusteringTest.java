package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.diffusion.schedule.FlowSchedule;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusteringTest {
    private static List<TimestepRange> clusters(Clustering clustering, NoiseSchedule schedule) {
        return clustering.clusters(schedule, NoiseDistribution.uniform(schedule));
    }

    private static void assertCovers(List<TimestepRange> clusters, double from, double to) {
        assertEquals(from, clusters.getFirst().from());
        assertEquals(to, clusters.getLast().to());
        for (int i = 1; i < clusters.size(); i++) {
            assertEquals(clusters.get(i - 1).to(), clusters.get(i).from());
        }
    }

    @ParameterizedTest
    @CsvSource({"1000, 20", "1000, 3", "7, 7", "1, 1", "10000, 9999", "13, 4"})
    void uniformClustersCoverAllTimestepsAndDifferByOneAtMost(int timesteps, int count) {
        List<TimestepRange> clusters = clusters(Clustering.uniform(count), BetaSchedule.cosine(timesteps));
        assertEquals(count, clusters.size());
        assertCovers(clusters, 0, timesteps);
        Set<Double> lengths = new TreeSet<>();
        clusters.forEach(cluster -> lengths.add(cluster.to() - cluster.from()));
        assertTrue(lengths.stream().allMatch(l -> l == timesteps / count || l == (timesteps + count - 1) / count));
    }

    @Test
    void uniformClustersOfEdmAreEqualInTheLogarithmOfSigma() {
        List<TimestepRange> clusters = clusters(Clustering.uniform(4), new EdmSchedule(Math.exp(-6), Math.exp(2)));
        assertCovers(clusters, -6, 2);
        assertEquals(-4, clusters.get(1).from(), 1e-12);
        assertEquals(0, clusters.get(3).from(), 1e-12);
    }

    /** Quartiles of the normal distribution: 0.6744897501960817 deviations. */
    @Test
    void snrClustersOfEdmAreQuantilesOfWhatTrainingDraws() {
        NoiseSchedule schedule = new EdmSchedule(0.002, 80);
        List<TimestepRange> clusters =
                Clustering.snr(4).clusters(schedule, NoiseDistribution.logNormal(schedule, -1.2, 1.2));
        assertCovers(clusters, Math.log(0.002), Math.log(80));
        assertEquals(-1.2 - 1.2 * 0.6744897501960817, clusters.get(1).from(), 1e-12);
        assertEquals(-1.2, clusters.get(2).from(), 1e-12);
        assertEquals(-1.2 + 1.2 * 0.6744897501960817, clusters.get(3).from(), 1e-12);
    }

    @Test
    void snrClustersOfFlowMatchingAreQuantilesOfItsTime() {
        NoiseSchedule schedule = FlowSchedule.linear();
        List<TimestepRange> clusters =
                Clustering.snr(2).clusters(schedule, NoiseDistribution.logitNormal(schedule, 1, 1));
        // The median of the logit is its mean, 1; t runs from 1e-4 to 1 - 1e-4.
        assertEquals(1e-4 + (1 - 2e-4) / (1 + Math.exp(-1)), clusters.get(1).from(), 1e-12);
    }

    @Test
    void snrClustersOfTimestepsAreEqualLengthsOfLogSnr() {
        NoiseSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        List<TimestepRange> clusters = clusters(Clustering.snr(5), schedule);
        assertCovers(clusters, 0, 1000);
        double most = schedule.at(0).logSnr();
        double least = schedule.at(999).logSnr();
        for (int i = 1; i < 5; i++) {
            double boundary = clusters.get(i).from();
            double wanted = most + (least - most) * i / 5;
            assertEquals(Math.rint(boundary), boundary);
            // The boundary lies between the timestep before and the one it begins with.
            assertTrue(schedule.at(boundary - 1).logSnr() >= wanted);
            assertTrue(schedule.at(boundary).logSnr() <= wanted);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 100, 1000})
    void noClusterOfTimestepsIsEmpty(int count) {
        // The first timesteps of a cosine schedule are many log-SNR apart.
        List<TimestepRange> clusters = clusters(Clustering.snr(count), BetaSchedule.cosine(1000));
        assertEquals(count, clusters.size());
        assertCovers(clusters, 0, 1000);
        assertTrue(clusters.stream().allMatch(cluster -> cluster.to() - cluster.from() >= 1));
    }

    @Test
    void difficultyClustersCarryTheSameDifficulty(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("entropy.json");
        Files.writeString(file, """
            {"difficulty": [{"from": 500, "to": 1000, "value": 1}, {"from": 0, "to": 100, "value": 2},
                            {"from": 100, "to": 500, "value": 1}]}
            """);
        // Of 4 in all: half is before t = 100, and a quarter lies evenly between 100 and 500.
        List<TimestepRange> clusters =
                clusters(Clustering.difficulty(Difficulty.read(file), 4), BetaSchedule.cosine(1000));
        assertEquals(
                List.of(
                        new TimestepRange(0, 50),
                        new TimestepRange(50, 100),
                        new TimestepRange(100, 500),
                        new TimestepRange(500, 1000)),
                clusters);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"difficulty\": []}",
                "{\"difficulty\": [{\"from\": 0, \"to\": 10, \"value\": 0}]}",
                "{\"difficulty\": [{\"from\": 0, \"to\": 10, \"value\": -1}]}",
                "{\"difficulty\": [{\"from\": 0, \"to\": 10}]}",
                "{\"difficulty\": [{\"from\": 10, \"to\": 0, \"value\": 1}]}",
                "{\"difficulty\": [{\"from\": 0, \"to\": 1, \"value\": 1}, {\"from\": 2, \"to\": 3, \"value\": 1}]}",
                "{\"difficulty\": [{\"from\": 0, \"to\": 1, \"value\": \"1\"}]}"
            })
    void aDifficultyFileThatCannotBeUsedIsRefusedByName(String json, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("bad.json"), json);
        var e = assertThrows(ConfigException.class, () -> Difficulty.read(file));
        assertEquals("curriculum.difficulty", e.key());
        assertTrue(e.getMessage().contains(file.toString()), e::getMessage);
    }

    @Test
    void difficultyOfAnotherScheduleIsRefused() {
        Difficulty timesteps = new Difficulty(List.of(new Difficulty.Interval(5, 1000, 1)));
        assertThrows(ConfigException.class, () -> clusters(Clustering.difficulty(timesteps, 2), FlowSchedule.linear()));
    }

    @Test
    void moreClustersThanTimestepsAreRefused() {
        var e = assertThrows(
                IllegalArgumentException.class, () -> clusters(Clustering.uniform(11), BetaSchedule.cosine(10)));
        assertEquals("11 clusters do not fit into 10 timesteps", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Clustering.uniform(0));
    }

    private static final List<TimestepRange> FOUR = clusters(Clustering.uniform(4), BetaSchedule.cosine(10));

    @Test
    void easyToHardAddsClustersFromTheHighestNoiseDown() {
        assertEquals(
                List.of(TimestepSet.of(7, 10), TimestepSet.of(5, 10), TimestepSet.of(2, 10), TimestepSet.of(0, 10)),
                StageOrder.easyToHard().cumulative(FOUR));
    }

    @Test
    void hardToEasyAddsClustersFromTheLowestNoiseUp() {
        assertEquals(
                List.of(TimestepSet.of(0, 2), TimestepSet.of(0, 5), TimestepSet.of(0, 7), TimestepSet.of(0, 10)),
                StageOrder.hardToEasy().cumulative(FOUR));
    }

    @Test
    void oneByOneDrawsTheCurrentClusterAndAllAtTheEnd() {
        assertEquals(
                List.of(
                        TimestepSet.of(7, 10),
                        TimestepSet.of(5, 7),
                        TimestepSet.of(2, 5),
                        TimestepSet.of(0, 2),
                        TimestepSet.of(0, 10)),
                StageOrder.easyToHard().oneByOne(FOUR));
        assertEquals(1, StageOrder.easyToHard().oneByOne(FOUR.subList(0, 1)).size());
    }

    @Test
    void randomOrderIsAPermutationThatTheSeedFixes() {
        assertEquals(StageOrder.random(3).order(FOUR), StageOrder.random(3).order(FOUR));
        assertEquals(Set.copyOf(FOUR), Set.copyOf(StageOrder.random(3).order(FOUR)));
        Set<List<TimestepRange>> orders = new java.util.HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            orders.add(StageOrder.random(seed).order(FOUR));
        }
        assertTrue(orders.size() > 5, () -> orders.size() + " orders in 20 seeds");
    }

    @Test
    void touchingRangesOfASetAreJoined() {
        TimestepSet set =
                new TimestepSet(List.of(new TimestepRange(5, 7), new TimestepRange(0, 2), new TimestepRange(2, 3)));
        assertEquals(List.of(new TimestepRange(0, 3), new TimestepRange(5, 7)), set.ranges());
        assertTrue(set.contains(2) && set.contains(5) && !set.contains(3) && !set.contains(7));
    }
}
