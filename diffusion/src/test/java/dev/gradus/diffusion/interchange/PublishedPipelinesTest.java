package dev.gradus.diffusion.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.UNet2DConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The configurations of published unconditional pipelines, of an early version: all files in one folder, and without the keys
 * that came later.
 */
class PublishedPipelinesTest {
    private static final String DOWN = "DownBlock2D";
    private static final String UP = "UpBlock2D";
    private static final UNet2DConfig LARGE = UNet2DConfig.cifar10().with(c -> {
        c.sampleSize = 256;
        c.blockOutChannels = List.of(128, 128, 256, 256, 512, 512);
        c.downBlockTypes = List.of(DOWN, DOWN, DOWN, DOWN, "Attn" + DOWN, DOWN);
        c.upBlockTypes = List.of(UP, "Attn" + UP, UP, UP, UP, UP);
    });

    static Stream<Arguments> published() {
        return Stream.of(
                Arguments.of("ddpm-cifar10-32", UNet2DConfig.cifar10(), "large"),
                Arguments.of("ddpm-celebahq-256", LARGE, "small"),
                Arguments.of("ddpm-church-256", LARGE, "small"));
    }

    @ParameterizedTest
    @MethodSource("published")
    void areUnderstood(String name, UNet2DConfig network, String variance) throws Exception {
        Path folder = Path.of(getClass().getResource("/published/" + name).toURI());
        PipelineFolder pipeline = PipelineFolder.open(folder).orElseThrow();
        assertEquals(folder, pipeline.network());
        assertEquals(
                network,
                ModelConfig.fromJson(new ObjectMapper()
                        .readTree(folder.resolve("config.json").toFile())));
        assertEquals(
                Map.of(
                        "sampling.sampler", "ddpm",
                        "schedule.kind", "linear",
                        "schedule.timesteps", "1000",
                        "schedule.betaStart", "1.0E-4",
                        "schedule.betaEnd", "0.02",
                        "objective", "epsilon",
                        "sampling.spacing", "leading",
                        "sampling.clip", "1.0",
                        "sampling.variance", variance),
                PipelineScheduler.settings(pipeline.scheduler()));
    }
}
