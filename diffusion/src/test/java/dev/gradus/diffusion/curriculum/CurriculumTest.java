package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.CurriculumConfig.Order;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurriculumTest {
    private static CurriculumConfig fixed(Order order, int clusters, int stepsPerStage) {
        return new CurriculumConfig(order, clusters, CurriculumConfig.Pacing.FIXED, 0, stepsPerStage, 0);
    }

    @Test
    void stagesWidenOneByOneAndTheLastOneStays() {
        Curriculum curriculum = Curriculum.of(fixed(Order.EASY_TO_HARD, 4, 2), 100);
        List<Integer> lowest = new ArrayList<>();
        for (int step = 0; step < 10; step++) {
            lowest.add(curriculum.range().min());
            assertEquals(99, curriculum.range().max());
            curriculum.pace(1);
        }
        assertEquals(List.of(75, 75, 50, 50, 25, 25, 0, 0, 0, 0), lowest);
        assertEquals(4, curriculum.stage());
    }

    @Test
    void paceTellsWhenAStageBegins() {
        Curriculum curriculum = Curriculum.of(fixed(Order.HARD_TO_EASY, 2, 2), 10);
        assertFalse(curriculum.pace(1));
        assertTrue(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
    }

    @Test
    void patienceWalksThroughTheStages() {
        Curriculum curriculum = Curriculum.of(
                new CurriculumConfig(Order.EASY_TO_HARD, 3, CurriculumConfig.Pacing.PATIENCE, 1, 1, 0), 9);
        List<Integer> stages = new ArrayList<>();
        for (double loss : new double[] {3, 2, 2, 2, 5, 4, 6, 6, 1, 1, 1, 1}) {
            stages.add(curriculum.stage());
            curriculum.pace(loss);
        }
        assertEquals(List.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), stages);
    }

    @Test
    void oneClusterIsOrdinaryTraining() {
        for (Order order : Order.values()) {
            Curriculum curriculum = Curriculum.of(fixed(order, 1, 1), 10);
            assertFalse(curriculum.pace(1));
            assertEquals(new TimestepRange(0, 10), curriculum.range());
            assertEquals(1, curriculum.stages());
        }
    }

    @Test
    void noneDrawsAllTimestepsFromTheStart() {
        Curriculum curriculum = Curriculum.of(fixed(Order.NONE, 20, 1), 1000);
        assertEquals(1, curriculum.stages());
        assertEquals(new TimestepRange(0, 1000), curriculum.range());
    }

    @Test
    void restoredCurriculumHasTheSameStageAndPace() {
        Curriculum saved = Curriculum.of(fixed(Order.EASY_TO_HARD, 4, 3), 100);
        for (int step = 0; step < 5; step++) {
            saved.pace(1);
        }
        Curriculum restored = Curriculum.of(fixed(Order.EASY_TO_HARD, 4, 3), 100);
        restored.restore(saved.state());
        assertEquals(saved.range(), restored.range());
        assertTrue(restored.pace(1));
        assertEquals(3, restored.stage());
    }

    @Test
    void stateOfALongerCurriculumIsRefused() {
        Curriculum saved = Curriculum.of(fixed(Order.EASY_TO_HARD, 4, 1), 100);
        saved.pace(1);
        saved.pace(1);
        Curriculum shorter = Curriculum.of(fixed(Order.EASY_TO_HARD, 2, 1), 100);
        assertThrows(IllegalArgumentException.class, () -> shorter.restore(saved.state()));
        assertEquals(1, shorter.stage());
    }
}
