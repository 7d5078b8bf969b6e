package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.analysis.ValidationCurve.Point;
import dev.gradus.diffusion.config.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidationCurveTest {
    /** Points at the steps 0, 10, 20, ... */
    private static ValidationCurve curve(double... losses) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < losses.length; i++) {
            points.add(new Point(10L * i, losses[i]));
        }
        return new ValidationCurve(points);
    }

    @Test
    void isNormalisedFromItsStartToItsEnd() {
        assertArrayEquals(new double[] {1, 0.5, -0.25, 0}, curve(5, 3, 0, 1).normalised());
    }

    @ParameterizedTest
    @CsvSource({"0.01, 48", "0.06, 38", "0.2, 26.6666666667", "0.45, 15", "0.75, 5"})
    void convergesWhereItComesAndStaysWithinTheTolerance(double tolerance, double steps) {
        // Normalised: 1, 0.5, 0.4, 0.1, -0.05, 0.
        assertEquals(steps, curve(2, 1.5, 1.4, 1.1, 0.95, 1).stepsToConverge(tolerance), 1e-9);
    }

    @Test
    void aCurveThatLeavesTheToleranceAgainHasNotConvergedBefore() {
        assertEquals(20 + 10 * 0.45 / 0.48, curve(2, 1.01, 1.5, 1.02, 1).stepsToConverge(0.05), 1e-9);
    }

    @Test
    void aLossThatDoesNotFallNeverConverges() {
        assertTrue(Double.isNaN(curve(1, 2, 1.5).stepsToConverge(0.05)));
        assertTrue(Double.isNaN(curve(1).stepsToConverge(0.05)));
    }

    @Test
    void spreadIsThatOfASampleAndLeavesOutWhatIsNoNumber() {
        Spread spread = Spread.of(DoubleStream.of(1, Double.NaN, 3, 8));
        assertEquals(new Spread(4, Math.sqrt(13), 1, 8, 3), spread);
        assertEquals(0, Spread.of(DoubleStream.of(2)).deviation());
        assertTrue(Double.isNaN(Spread.of(DoubleStream.of()).mean()));
    }

    @Test
    void lossesAreMeasuredMoreOftenAtTheBegin() {
        ConvergencePlan plan = new ConvergencePlan(TrainConfig.defaults().with("steps", 1000), 1, 7, 1, 0.1, 1, 0);
        assertArrayEquals(new long[] {0, 1, 3, 10, 32, 100, 316, 1000}, plan.evaluatedSteps());
    }
}
