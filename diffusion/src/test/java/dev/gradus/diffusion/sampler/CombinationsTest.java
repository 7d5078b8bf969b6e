package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Kind;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.ScheduleConfig.Learned;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every sampler with every schedule, objective and spacing, by a tiny network: what comes out is finite. */
class CombinationsTest {
    private static final UNet2DConfig TINY = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 4;
        c.blockOutChannels = List.of(2, 2);
        c.downBlockTypes = Collections.nCopies(2, "DownBlock2D");
        c.upBlockTypes = Collections.nCopies(2, "UpBlock2D");
        c.layersPerBlock = 1;
        c.normNumGroups = 1;
        c.addAttention = false;
    });

    private static List<NoiseSchedule> schedules() {
        List<NoiseSchedule> schedules = new ArrayList<>();
        for (ScheduleConfig.Kind kind : ScheduleConfig.Kind.values()) {
            schedules.add(schedule(kind, Learned.NONE));
        }
        schedules.add(schedule(ScheduleConfig.Kind.COSINE, Learned.VARIANCE));
        schedules.add(schedule(ScheduleConfig.Kind.EDM, Learned.DIFFICULTY));
        return schedules;
    }

    private static NoiseSchedule schedule(ScheduleConfig.Kind kind, Learned learned) {
        return NoiseSchedule.of(new ScheduleConfig(kind, 1000, 1e-4, 0.02, 0.002, 80, learned, 0.01));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyCombinationIsFinite(Kind kind) {
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1);
                Network network = Network.of(TINY, generator)) {
            Tensor noise = Torch.randn(generator, 2, 1, 4, 4);
            int turn = 0;
            for (NoiseSchedule schedule : schedules()) {
                for (TrainConfig.Objective objective : TrainConfig.Objective.values()) {
                    Spacing spacing = Spacing.values()[turn++ % Spacing.values().length];
                    SamplingConfig config = SamplingConfig.defaults()
                            .with("sampler", kind)
                            .with("steps", 3)
                            .with("spacing", spacing)
                            .with("eta", 0.5)
                            .with("churn.amount", 1.0);
                    var denoiser = new NetworkDenoiser(
                            network,
                            Objective.of(objective, schedule.path(), 0.5),
                            schedule,
                            Conditioning.none(),
                            false);
                    try (var _ = TensorScope.open()) {
                        Tensor images = Sampler.of(config, schedule).sample(denoiser, noise, generator);
                        assertTrue(
                                images.isfinite().all().itemLong() != 0
                                        && images.abs().max().item() <= 1,
                                () -> objective + " on " + schedule + " by " + spacing);
                    }
                }
            }
        }
    }
}
