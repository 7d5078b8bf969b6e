package dev.gradus.diffusion.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.SamplingConfig.Kind;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.config.SamplingConfig.Variance;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Generator;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PipelineFolderTest {
    private static final UNet2DConfig TINY = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.blockOutChannels = List.of(4);
        c.normNumGroups = 2;
        c.downBlockTypes = List.of("DownBlock2D");
        c.upBlockTypes = List.of("UpBlock2D");
    });

    @TempDir
    private Path folder;

    static Stream<TrainConfig> expressible() {
        TrainConfig plain = TrainConfig.defaults();
        return Stream.of(
                plain,
                plain.with("schedule.kind", ScheduleConfig.Kind.LINEAR)
                        .with("schedule.betaStart", 2e-4)
                        .with("schedule.timesteps", 500)
                        .with("objective", TrainConfig.Objective.EPSILON),
                plain.with("schedule.kind", ScheduleConfig.Kind.SCALED_LINEAR)
                        .with("objective", TrainConfig.Objective.X0)
                        .with("sampling.clip", 0.0),
                plain.with("sampling.sampler", Kind.DDPM)
                        .with("sampling.spacing", Spacing.LEADING)
                        .with("sampling.variance", Variance.LARGE)
                        .with("sampling.clip", 2.5),
                plain.with("sampling.sampler", Kind.DDPM).with("sampling.spacing", Spacing.LINSPACE),
                plain.with("sampling.threshold.max", 3.0).with("sampling.threshold.quantile", 0.9));
    }

    /** What a written folder says, as text. */
    private Map<String, String> readBack(TrainConfig config) throws Exception {
        try (Generator generator = Generator.cpu(0);
                Network network = Network.of(TINY, generator)) {
            PipelineFolder.write(folder, config, network);
        }
        return PipelineScheduler.settings(
                PipelineFolder.open(folder).orElseThrow().scheduler());
    }

    @ParameterizedTest
    @MethodSource("expressible")
    void whatIsWrittenIsReadBack(TrainConfig config) throws Exception {
        Map<String, String> expected = new HashMap<>(Map.of(
                "sampling.sampler", name(config.sampling().sampler()),
                "schedule.kind", name(config.schedule().kind()),
                "schedule.timesteps", String.valueOf(config.schedule().timesteps()),
                "schedule.betaStart", String.valueOf(config.schedule().betaStart()),
                "schedule.betaEnd", String.valueOf(config.schedule().betaEnd()),
                "objective", name(config.objective()),
                "sampling.spacing", name(config.sampling().stops()),
                "sampling.clip", String.valueOf(config.sampling().clip())));
        if (config.sampling().sampler() == Kind.DDPM) {
            expected.put("sampling.variance", name(config.sampling().variance()));
        }
        if (config.sampling().threshold().quantile() > 0) {
            expected.put(
                    "sampling.threshold.quantile",
                    String.valueOf(config.sampling().threshold().quantile()));
            expected.put(
                    "sampling.threshold.max",
                    String.valueOf(config.sampling().threshold().max()));
        }
        assertEquals(expected, readBack(config));
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase().replace('_', '-');
    }

    @Test
    void theCallHasWhatIsNoPartOfTheFolder() {
        TrainConfig config = TrainConfig.defaults()
                .with("sampling.eta", 0.5)
                .with("sampling.clipNoise", true)
                .with("sampling.steps", 25);
        assertEquals(
                "diffusers.DDIMPipeline.from_pretrained(\"a/b\")(num_inference_steps=25, eta=0.5,"
                        + " use_clipped_model_output=True).images",
                PipelineFolder.call(Path.of("a/b"), config));
    }

    @ParameterizedTest
    @CsvSource({
        "DDIM, TRAILING, 30, true",
        "DDIM, TRAILING, 50, false",
        "DDIM, LEADING, 30, false",
        "DDPM, TRAILING, 30, false"
    })
    void aNumberOfStepsThatDrawsOtherImagesThereIsTold(Kind sampler, Spacing spacing, int steps, boolean differs) {
        TrainConfig config = TrainConfig.defaults()
                .with("sampling.sampler", sampler)
                .with("sampling.spacing", spacing)
                .with("sampling.steps", steps);
        assertEquals(differs, PipelineFolder.difference(config).isPresent());
    }
}
