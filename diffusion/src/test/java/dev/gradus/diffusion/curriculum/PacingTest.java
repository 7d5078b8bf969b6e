package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PacingTest {
    /** The numbers, from 1, of the steps that ended a stage. */
    private static List<Integer> ends(Pacing pacing, double... losses) {
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < losses.length; i++) {
            if (pacing.endsStage(losses[i])) {
                ends.add(i + 1);
            }
        }
        return ends;
    }

    @Test
    void counterMustExceedThePatience() {
        // Best 1; then 2 steps without improvement reach the patience, the third exceeds it.
        assertEquals(List.of(4), ends(new PatiencePacing(2, 0), 1, 2, 2, 2));
    }

    @Test
    void patienceOfZeroEndsAtTheFirstStepWithoutImprovement() {
        assertEquals(List.of(3), ends(new PatiencePacing(0, 0), 3, 2, 2.5));
    }

    @Test
    void improvementResetsTheCounter() {
        assertEquals(List.of(10), ends(new PatiencePacing(2, 0), 5, 6, 6, 4, 5, 5, 3.9, 4, 4, 4));
        assertEquals(List.of(), ends(new PatiencePacing(3, 0), 5, 6, 6, 6, 4, 5, 5, 5, 3, 4, 4, 4));
    }

    @Test
    void equalLossIsNoImprovement() {
        assertEquals(List.of(3), ends(new PatiencePacing(1, 0), 1, 1, 1));
    }

    @Test
    void nanIsNoImprovement() {
        assertEquals(List.of(3), ends(new PatiencePacing(1, 0), 1, Double.NaN, Double.NaN));
        assertEquals(List.of(2), ends(new PatiencePacing(1, 0), Double.NaN, Double.NaN, 1));
    }

    @Test
    void bestAndCounterStartAnewInTheNextStage() {
        // Stage 2 starts with 9, far above the old best of 1, and 9 counts as its best.
        assertEquals(List.of(3, 7), ends(new PatiencePacing(1, 0), 1, 2, 2, 9, 8, 8.5, 8.5));
    }

    @Test
    void smoothingLooksAtTheAverage() {
        // Averages with weight 0.5: 4, 3, 2.5, 2.75 (worse), 2.375 (better than 2.5), 5.2 (worse), 3.6 (worse).
        assertEquals(List.of(7), ends(new PatiencePacing(1, 0.5), 4, 2, 2, 3, 2, 8, 2));
    }

    @Test
    void fixedBudgetEndsEveryNthStep() {
        assertEquals(List.of(3, 6), ends(new FixedPacing(3), 1, 1, 1, Double.NaN, 5, 0, 0));
        assertEquals(List.of(1, 2), ends(new FixedPacing(1), 1, 1));
    }

    @Test
    void restoredPacingGoesOnWhereTheSavedOneStopped() throws IOException {
        double[] losses = {5, 4, 4.5, 4.6, 3.9, 4, 4, 4, 7, 8, 8, 8, 8, 1};
        for (int cut = 0; cut <= losses.length; cut++) {
            for (double smoothing : new double[] {0, 0.7}) {
                Pacing whole = new PatiencePacing(2, smoothing);
                Pacing first = new PatiencePacing(2, smoothing);
                Pacing second = new PatiencePacing(2, smoothing);
                List<Boolean> expected = new ArrayList<>();
                List<Boolean> found = new ArrayList<>();
                for (int i = 0; i < losses.length; i++) {
                    if (i == cut) {
                        second.restore(new ObjectMapper().readTree(first.state().toString()));
                    }
                    expected.add(whole.endsStage(losses[i]));
                    found.add((i < cut ? first : second).endsStage(losses[i]));
                }
                assertEquals(expected, found);
            }
        }
    }

    @Test
    void stateOfAnotherPacingIsRefused() {
        assertThrows(
                IllegalArgumentException.class, () -> new PatiencePacing(2, 0).restore(new FixedPacing(2).state()));
    }
}
