package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    private static final String COSINE_V = """
        {"_class_name": "DDPMScheduler", "beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 500,
         "prediction_type": "v_prediction", "timestep_spacing": "leading", "clip_sample": true,
         "clip_sample_range": 2.5}
        """;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void makeModelFolder() throws Exception {
        model = Files.createDirectories(folder.resolve("a/b/unet"));
    }

    private TrainConfig config() throws IOException {
        return RecordMapper.apply(TrainConfig.defaults(), new Settings().add(ModelFolder.settings(model)));
    }

    private void assertCosineV() throws IOException {
        TrainConfig config = config();
        assertEquals(ScheduleConfig.Kind.COSINE, config.schedule().kind());
        assertEquals(500, config.schedule().timesteps());
        assertEquals(TrainConfig.Objective.V, config.objective());
        assertEquals(Spacing.LEADING, config.sampling().spacing());
        assertEquals(2.5, config.sampling().clip());
    }

    @Test
    void withoutAnyHintItIsLinearAndEpsilon() throws Exception {
        TrainConfig config = config();
        assertEquals(ScheduleConfig.Kind.LINEAR, config.schedule().kind());
        assertEquals(TrainConfig.Objective.EPSILON, config.objective());
    }

    @Test
    void readsTheSchedulerBesideTheModel() throws Exception {
        Files.writeString(model.resolve("scheduler_config.json"), COSINE_V);
        assertCosineV();
    }

    @Test
    void readsTheSchedulerOfAPipeline() throws Exception {
        Path scheduler = Files.createDirectory(model.resolveSibling("scheduler"));
        Files.writeString(scheduler.resolve("scheduler_config.json"), COSINE_V);
        assertCosineV();
    }

    @Test
    void readsTheRunThatItIsACheckpointOf() throws Exception {
        Files.writeString(
                folder.resolve("config.yaml"),
                "schedule: {kind: cosine, timesteps: 500}\nobjective: v\nsampling: {spacing: leading, clip: 2.5}\n");
        assertCosineV();
    }

    @Test
    void aScheduleThatIsNotKnownIsRefused() throws Exception {
        Path file = model.resolve("scheduler_config.json");
        Files.writeString(file, COSINE_V.replace("squaredcos_cap_v2", "sigmoid"));
        assertEquals(
                "beta_schedule: 'sigmoid' is not supported, only 'linear', 'scaled_linear', 'squaredcos_cap_v2' (in "
                        + file + ")",
                assertThrows(ConfigException.class, this::config).getMessage());
    }
}
