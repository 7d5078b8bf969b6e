package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gradus.diffusion.curriculum.Difficulty;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.EdmSchedule;
import dev.gradus.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntropyCurveTest {
    private static final TimeGrid GRID = new TimeGrid(BetaSchedule.cosine(10), 10);

    private static EntropyCurve curve(long memory, int... cells) {
        EntropyOptions options = new EntropyOptions(50, 0, 0, memory, Device.cpu());
        return EntropyCurve.estimate(
                MixtureEntropyTest.random(30, 12), GRID, cells, options, (what, done, total) -> {});
    }

    @Test
    void coversAllTimesWithoutGaps() {
        for (TimeGrid grid : List.of(GRID, new TimeGrid(new EdmSchedule(0.002, 80), 7))) {
            EntropyCurve curve = EntropyCurve.estimate(
                    MixtureEntropyTest.random(5, 3),
                    grid,
                    new int[] {1, 4},
                    EntropyOptions.defaults(),
                    (what, done, total) -> {});
            List<Difficulty.Interval> difficulty = curve.difficulty().intervals();
            assertEquals(grid.schedule().tMin(), difficulty.getFirst().from());
            double end = grid.schedule().isDiscrete()
                    ? grid.cells()
                    : grid.schedule().tMax();
            assertEquals(end, difficulty.getLast().to());
            for (int i = 1; i < difficulty.size(); i++) {
                assertEquals(difficulty.get(i - 1).to(), difficulty.get(i).from());
            }
        }
    }

    @Test
    void interpolatesBetweenItsPoints() {
        EntropyCurve curve = curve(1 << 24, 1, 4, 8);
        List<Difficulty.Interval> difficulty = curve.difficulty().intervals();
        double[] values = curve.points().stream()
                .mapToDouble(point -> point.mixture().chosen().value())
                .toArray();
        assertEquals(values[0], difficulty.get(0).value());
        assertEquals(values[0], difficulty.get(1).value());
        assertEquals(Math.sqrt(values[0] * values[1]), difficulty.get(2).value(), 1e-12);
        assertEquals(values[1], difficulty.get(4).value());
        assertEquals(values[2], difficulty.get(8).value());
        assertEquals(values[2], difficulty.get(9).value());
    }

    @Test
    void leavesTheGaussianOutWhereItsCovarianceIsTooLarge() {
        assertTrue(curve(1 << 20, 1).hasGaussian());
        assertFalse(curve(5000, 1).hasGaussian());
    }

    @Test
    void refusesTimestepsThatHaveNoNeighbour() {
        assertThrows(IllegalArgumentException.class, () -> curve(1 << 20));
        assertThrows(IllegalArgumentException.class, () -> curve(1 << 20, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> curve(1 << 20, 10));
    }

    @Test
    void pointsLieCloseTogetherWhereThereIsLittleNoise() {
        TimeGrid grid = new TimeGrid(BetaSchedule.cosine(1000), 1000);
        assertArrayEquals(new int[] {1, 3, 10, 32, 100, 316, 999}, grid.spread(7));
        assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, GRID.spread(0));
        assertArrayEquals(new int[] {9}, GRID.spread(1));
    }

    @Test
    void writesATableAJsonFileAndAChart(@TempDir Path folder) throws IOException {
        Path target = folder.resolve("new/folder");
        EntropyFiles.write(
                curve(5000, 2, 5), target, JsonNodeFactory.instance.objectNode().put("data", "points"));
        List<String> lines = Files.readAllLines(target.resolve("entropy.csv"));
        assertEquals(3, lines.size());
        String[] row = lines.get(1).split(",", -1);
        assertEquals(lines.getFirst().split(",").length, row.length);
        assertEquals("2.0", row[0]);
        assertEquals("", row[row.length - 1]);
        JsonNode json = new JsonMapper().readTree(target.resolve("entropy.json").toFile());
        assertEquals("points", json.path("data").asText());
        assertEquals(Double.parseDouble(row[4]), json.at("/points/0/mixture").asDouble());
        assertTrue(json.at("/points/0/gaussian").isNull());
        assertEquals(curve(5000, 2, 5).difficulty(), Difficulty.read(target.resolve("entropy.json")));
        assertTrue(Files.size(target.resolve("entropy.png")) > 10_000);
    }
}
