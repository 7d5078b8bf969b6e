package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.LossWeightConfig;
import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.curriculum.TimestepTable;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LossWeight;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.TensorScope;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Times drawn from a table against those that the curriculum draws on the host, from the same uniform numbers. */
class LevelDrawTest {
    private static final int BATCH = 4096;

    private static TrainConfig config(ScheduleConfig.Kind schedule, NoiseConfig.Distribution distribution) {
        return TrainConfig.defaults()
                .with("schedule.kind", schedule)
                .with("noise.distribution", distribution)
                .with("noise.stratified", true)
                .with("curriculum.clusters", 5)
                .with("curriculum.pacing", CurriculumConfig.Pacing.FIXED)
                .with("curriculum.stepsPerStage", 1);
    }

    private static Curriculum curriculum(TrainConfig config) {
        return Curriculum.of(config.curriculum(), config.noise(), NoiseSchedule.of(config.schedule()), 1);
    }

    private static DenoisingLoss loss(TrainConfig config) {
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        return new DenoisingLoss(
                (_, _, _) -> null,
                Objective.of(config.objective(), schedule.path(), config.sigmaData()),
                schedule,
                LossWeight.of(config.lossWeight(), config.sigmaData()),
                false,
                DType.FLOAT32,
                MemoryFormat.CONTIGUOUS);
    }

    @ParameterizedTest
    @CsvSource({
        "COSINE, UNIFORM",
        "COSINE, LOG_NORMAL",
        "LINEAR, LOGIT_NORMAL",
        "EDM, LOG_NORMAL",
        "FLOW_LINEAR, LOGIT_NORMAL"
    })
    void theTableDrawsWhatTheHostDoesInEveryStage(ScheduleConfig.Kind schedule, NoiseConfig.Distribution distribution) {
        TrainConfig config = config(schedule, distribution);
        Curriculum curriculum = curriculum(config);
        DenoisingLoss loss = loss(config);
        boolean discrete = config.schedule().isDiscrete();
        try (var _ = TensorScope.open();
                Generator host = Generator.cpu(4);
                Generator device = Generator.cpu(4);
                LevelDraw.OnDevice draw = new LevelDraw.OnDevice(curriculum, loss, device)) {
            for (int stage = 1; stage <= 5; stage++) {
                assertEquals(stage, curriculum.stage());
                double[] expected = curriculum.sample(BATCH, host);
                LevelDraw.Drawn drawn = draw.draw(BATCH);
                double[] found = drawn.times().toDoubleArray();
                if (discrete) {
                    // A uniform number that is within a rounding of where a timestep ends may fall to either side.
                    int others = 0;
                    for (int i = 0; i < BATCH; i++) {
                        assertEquals(expected[i], found[i], 1);
                        others += expected[i] == found[i] ? 0 : 1;
                    }
                    assertTrue(others <= 2, others + " are others");
                } else {
                    double[] times = curriculum.table().times();
                    for (int i = 0; i < BATCH; i++) {
                        // Within one cell, the middle of which is drawn.
                        int at = Math.abs(Arrays.binarySearch(times, found[i]));
                        double low = times[Math.max(0, at - 1)];
                        double high = times[Math.min(TimestepTable.CELLS - 1, at + 1)];
                        assertTrue(
                                expected[i] >= low && expected[i] <= high || at <= 1 || at >= TimestepTable.CELLS - 2,
                                expected[i] + " is not near " + found[i]);
                        assertTrue(curriculum.active().contains(found[i]));
                    }
                }
                assertArrayEquals(
                        loss.levels(found, Device.cpu()).rows().toFloatArray(),
                        drawn.levels().rows().toFloatArray());
                curriculum.pace(1);
                assertFalse(draw.refresh(), "a new stage needs no new capture");
            }
        }
    }

    @Test
    void whatIsPlainInOneStageOnlyIsNotTakenForPlain() {
        // min-SNR weights of the noise are 1 where there is much of it, and less at the end of the curriculum.
        TrainConfig config = config(ScheduleConfig.Kind.COSINE, NoiseConfig.Distribution.UNIFORM)
                .with("objective", TrainConfig.Objective.EPSILON)
                .with("lossWeight.kind", LossWeightConfig.Kind.MIN_SNR);
        Curriculum curriculum = curriculum(config);
        DenoisingLoss loss = loss(config);
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(4);
                LevelDraw.OnDevice draw = new LevelDraw.OnDevice(curriculum, loss, generator)) {
            double[] noisy = curriculum.sample(64, generator);
            assertTrue(loss.levels(noisy, Device.cpu()).shape().unweighted());
            assertFalse(draw.draw(64).levels().shape().unweighted());
            assertTrue(draw.draw(64).levels().shape().targetsNoise());
        }
    }

    @Test
    void aTableEndsWithCertainty() {
        for (NoiseConfig.Distribution distribution : NoiseConfig.Distribution.values()) {
            for (ScheduleConfig.Kind kind :
                    new ScheduleConfig.Kind[] {ScheduleConfig.Kind.COSINE, ScheduleConfig.Kind.EDM}) {
                TimestepTable table = curriculum(config(kind, distribution)).table();
                assertEquals(1, table.cumulative()[table.cumulative().length - 1]);
                for (int i = 1; i < table.times().length; i++) {
                    assertTrue(table.cumulative()[i] >= table.cumulative()[i - 1]);
                    assertTrue(table.times()[i] >= table.times()[i - 1]);
                }
            }
        }
    }
}
