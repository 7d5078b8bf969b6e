package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.CurriculumConfig.Order;
import dev.gradus.diffusion.config.CurriculumConfig.Pacing;
import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.FlowSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurriculumTest {
    private static CurriculumConfig fixed(Order order, int clusters, int stepsPerStage) {
        return CurriculumConfig.defaults()
                .with("order", order)
                .with("clusters", clusters)
                .with("pacing", Pacing.FIXED)
                .with("stepsPerStage", stepsPerStage);
    }

    private static Curriculum of(CurriculumConfig config, int timesteps) {
        return Curriculum.of(config, NoiseConfig.defaults(), BetaSchedule.cosine(timesteps), 1);
    }

    @Test
    void stagesWidenOneByOneAndTheLastOneStays() {
        Curriculum curriculum = of(fixed(Order.EASY_TO_HARD, 4, 2), 100);
        List<Double> lowest = new ArrayList<>();
        for (int step = 0; step < 10; step++) {
            lowest.add(curriculum.tMin());
            assertEquals(99, curriculum.tMax());
            curriculum.pace(1);
        }
        assertEquals(List.of(75., 75., 50., 50., 25., 25., 0., 0., 0., 0.), lowest);
        assertEquals(4, curriculum.stage());
    }

    @Test
    void paceTellsWhenAStageBegins() {
        Curriculum curriculum = of(fixed(Order.HARD_TO_EASY, 2, 2), 10);
        assertFalse(curriculum.pace(1));
        assertTrue(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
        assertFalse(curriculum.pace(1));
    }

    @Test
    void patienceWalksThroughTheStages() {
        Curriculum curriculum =
                of(CurriculumConfig.defaults().with("clusters", 3).with("patience", 1), 9);
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
            for (boolean cumulative : new boolean[] {true, false}) {
                Curriculum curriculum = of(fixed(order, 1, 1).with("cumulative", cumulative), 10);
                assertFalse(curriculum.pace(1));
                assertEquals(TimestepSet.of(0, 10), curriculum.active());
                assertEquals(1, curriculum.stages());
            }
        }
    }

    @Test
    void noneDrawsAllTimestepsFromTheStart() {
        Curriculum curriculum = of(fixed(Order.NONE, 20, 1), 1000);
        assertEquals(1, curriculum.stages());
        assertEquals(TimestepSet.of(0, 1000), curriculum.active());
    }

    @Test
    void oneClusterAloneStays() {
        Curriculum curriculum = of(fixed(Order.EASY_TO_HARD, 4, 1).with("only", 1), 100);
        assertFalse(curriculum.pace(1));
        assertEquals(TimestepSet.of(25, 50), curriculum.active());
        assertEquals(49, curriculum.tMax());
    }

    @Test
    void withoutAccumulationEachClusterIsAloneUntilAllAre() {
        Curriculum curriculum = of(fixed(Order.EASY_TO_HARD, 2, 1).with("cumulative", false), 100);
        assertEquals(TimestepSet.of(50, 100), curriculum.active());
        curriculum.pace(1);
        assertEquals(TimestepSet.of(0, 50), curriculum.active());
        curriculum.pace(1);
        assertEquals(TimestepSet.of(0, 100), curriculum.active());
        assertFalse(curriculum.pace(1));
    }

    @Test
    void continuousTimesHaveStagesToo() {
        Curriculum curriculum =
                Curriculum.of(fixed(Order.EASY_TO_HARD, 2, 1), NoiseConfig.defaults(), FlowSchedule.linear(), 1);
        assertEquals(0.5, curriculum.tMin(), 1e-12);
        assertEquals(1 - 1e-4, curriculum.tMax(), 1e-12);
    }

    /**
     * What reading losses in blocks does to the rule: it looks at the losses in order and drops those after the end of a stage,
     * which were drawn from the old set. So a block of 1 is the rule, and a stage that the rule ends after its nth loss lasts
     * until the block with that loss is full.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    void readingInBlocksOnlyDelaysTheStages(int block) {
        double[] losses = new Random(4).doubles(4000).map(r -> 1 + r).toArray();
        Curriculum blocked = of(CurriculumConfig.defaults().with("patience", 20), 1000);
        Pacing20 rule = new Pacing20();
        int expected = 1;
        boolean ended = false;
        for (int step = 0; step < losses.length; step++) {
            boolean blockIsFull = (step + 1) % block == 0;
            if (!ended && expected < 20) {
                ended = rule.ends(losses[step]);
            }
            if (blockIsFull) {
                boolean newStage = false;
                for (int i = step + 1 - block; i <= step; i++) {
                    newStage = newStage || blocked.pace(losses[i]);
                }
                assertEquals(ended, newStage, "step " + step);
                expected += ended ? 1 : 0;
                ended = false;
            }
            assertEquals(expected, blocked.stage(), "step " + step);
        }
        assertTrue(expected > 5, "stages passed: " + expected);
    }

    /** The rule of the paper, step by step, with a patience of 20. */
    private static final class Pacing20 {
        private double best = Double.MAX_VALUE;
        private int counter;

        boolean ends(double loss) {
            if (loss < best) {
                best = loss;
                counter = 0;
                return false;
            }
            if (++counter <= 20) {
                return false;
            }
            best = Double.MAX_VALUE;
            counter = 0;
            return true;
        }
    }

    @Test
    void restoredCurriculumHasTheSameStageAndPace() {
        Curriculum saved = of(fixed(Order.EASY_TO_HARD, 4, 3), 100);
        for (int step = 0; step < 5; step++) {
            saved.pace(1);
        }
        Curriculum restored = of(fixed(Order.EASY_TO_HARD, 4, 3), 100);
        restored.restore(saved.state());
        assertEquals(saved.active(), restored.active());
        assertTrue(restored.pace(1));
        assertEquals(3, restored.stage());
    }

    @Test
    void stateOfALongerCurriculumIsRefused() {
        Curriculum saved = of(fixed(Order.EASY_TO_HARD, 4, 1), 100);
        saved.pace(1);
        saved.pace(1);
        Curriculum shorter = of(fixed(Order.EASY_TO_HARD, 2, 1), 100);
        assertThrows(IllegalArgumentException.class, () -> shorter.restore(saved.state()));
        assertEquals(1, shorter.stage());
    }
}
