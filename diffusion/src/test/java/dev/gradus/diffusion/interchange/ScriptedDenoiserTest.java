package dev.gradus.diffusion.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.DiTConfig;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Generator;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ScriptedDenoiserTest {
    /** Sums of float32 in another order, of outputs of about 1. */
    private static final float TOLERANCE = 1e-5f;

    private static final UNet2DConfig UNET = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.blockOutChannels = List.of(8, 8);
        c.downBlockTypes = List.of("DownBlock2D", "AttnDownBlock2D");
        c.upBlockTypes = List.of("AttnUpBlock2D", "UpBlock2D");
        c.layersPerBlock = 1;
        c.normNumGroups = 2;
        c.attentionHeadDim = 4;
        c.downsamplePadding = 0;
    });

    @TempDir
    private Path folder;

    private static Network network(ModelConfig model) {
        try (Generator generator = Generator.cpu(3);
                var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            Network network = Network.of(model, generator);
            // A DiT begins with zeros where it would say something.
            network.namedParameters()
                    .forEach((_, weight) ->
                            weight.add_(Torch.randn(generator, weight.shape()).mul(0.05)));
            network.train(false);
            return network;
        }
    }

    static Stream<Arguments> combinations() {
        return Stream.of(ScheduleConfig.Kind.values())
                .flatMap(kind ->
                        Stream.of(TrainConfig.Objective.values()).map(objective -> Arguments.of(kind, objective)));
    }

    /** Whole timesteps of a discrete schedule, sigma or t of the others. */
    private static double time(NoiseSchedule schedule, ScheduleConfig.Kind kind) {
        NoiseLevel level = schedule.at(schedule.isDiscrete() ? 700 : (schedule.tMin() + schedule.tMax()) / 2);
        return kind == ScheduleConfig.Kind.EDM ? level.sigma() : level.t();
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void denoisesAsTheDenoiserDoes(ScheduleConfig.Kind kind, TrainConfig.Objective objective) throws Exception {
        TrainConfig config = TrainConfig.defaults().with("schedule.kind", kind).with("objective", objective);
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        try (var _ = TensorScope.open();
                Network network = network(UNET);
                ScriptModule module = ScriptedDenoiser.of(config, network)) {
            Tensor x = Torch.randn(3, 1, 8, 8);
            double time = time(schedule, kind);
            NoiseLevel level = schedule.at(kind == ScheduleConfig.Kind.EDM ? Math.log(time) : time);
            Tensor expected = new NetworkDenoiser(
                            network,
                            Objective.of(objective, schedule.path(), config.sigmaData()),
                            schedule,
                            Conditioning.none(),
                            false)
                    .x0(x, level);
            Tensor times = schedule.isDiscrete()
                    ? Torch.tensor(new long[] {(long) time, (long) time, (long) time})
                    : Torch.tensor((float) time, (float) time, (float) time);
            Tensor actual = (Tensor) module.call("denoise", x, times);
            // An estimate from nearly pure noise is large, and so are its roundings.
            float most = (float) Math.max(1, expected.abs().max().item());
            assertArrayEquals(expected.toFloatArray(), actual.toFloatArray(), most * TOLERANCE);
            assertEquals(Export.description(config).toString(), module.call("about"));
        }
    }

    static Stream<ModelConfig> networks() {
        UNet2DConfig text = UNET.with(c -> {
            c.attentionHeadDim = null;
            c.downBlockTypes = List.of("DownBlock2D", "CrossAttnDownBlock2D");
            c.upBlockTypes = List.of("CrossAttnUpBlock2D", "UpBlock2D");
            c.crossAttentionDim = 6;
            c.numAttentionHeads = 2;
        });
        DiTConfig dit = DiTConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.patchSize = 2;
            c.hiddenSize = 16;
            c.depth = 2;
            c.numHeads = 2;
        });
        return Stream.of(
                UNET.with(c -> c.resnetTimeScaleShift = UNet2DConfig.TimeScaleShift.SCALE_SHIFT),
                UNET.with(c -> c.numClassEmbeds = 4),
                text,
                text.with(c -> c.numClassEmbeds = 4),
                dit,
                dit.with(c -> c.learnSigma = true),
                dit.with(c -> c.numClassEmbeds = 4),
                dit.with(c -> c.crossAttentionDim = 6));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void everyKindOfNetworkIsTheSameWhenReadBack(ModelConfig model) throws Exception {
        Path file = folder.resolve("denoiser.ts");
        try (var _ = TensorScope.open();
                Network network = network(model)) {
            try (ScriptModule module = ScriptedDenoiser.of(TrainConfig.defaults(), network)) {
                module.save(file);
            }
            Tensor x = Torch.randn(4, 1, 8, 8);
            Tensor t = Torch.tensor(new long[] {0, 10, 500, 999});
            Tensor labels = model.numClassEmbeds() == null ? null : Torch.tensor(new long[] {0, 1, 2, 3});
            Tensor text = model.crossAttentionDim() == null ? null : Torch.randn(4, 3, 6);
            Tensor mask = text == null
                    ? null
                    : Torch.tensor(
                            new boolean[] {true, true, true, true, false, false, true, true, false, true, false, true},
                            4,
                            3);
            Tensor expected = network.forward(x, t, new Conditioning(labels, text, mask));
            Object[] inputs = Stream.of(x, t, labels, text, mask)
                    .filter(tensor -> tensor != null)
                    .toArray();
            try (ScriptModule loaded = ScriptModule.load(file)) {
                assertEquals(
                        network.namedParameters().keySet(),
                        loaded.namedParameters().keySet());
                Tensor actual = (Tensor) loaded.forward(inputs);
                assertTrue(expected.std().item() > 0.01, "the network says nothing");
                assertArrayEquals(expected.toFloatArray(), actual.toFloatArray(), TOLERANCE);
            }
        }
    }

    @Test
    void oneTimestepCanBeGivenForAll() {
        try (var _ = TensorScope.open();
                Network network = network(UNET);
                ScriptModule module = ScriptedDenoiser.of(TrainConfig.defaults(), network)) {
            Tensor x = Torch.randn(3, 1, 8, 8);
            assertArrayEquals(
                    ((Tensor) module.call("denoise", x, Torch.tensor(new long[] {7, 7, 7}))).toFloatArray(),
                    ((Tensor) module.call("denoise", x, Torch.tensor(new long[] {7}))).toFloatArray(),
                    TOLERANCE);
        }
    }
}
