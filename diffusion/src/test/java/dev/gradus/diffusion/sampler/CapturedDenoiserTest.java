package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Guidance;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls that are captured, with a recorder that stands in for a GPU's, draw what those do that are not. */
class CapturedDenoiserTest {
    private final List<String> events = new ArrayList<>();

    private CapturedBody.Recording record(Runnable body) {
        events.add("record");
        return new CapturedBody.Recording() {
            @Override
            public void replay() {
                events.add("replay");
                body.run();
            }

            @Override
            public void close() {
                events.add("close");
            }
        };
    }

    private static Conditioning labels(long first, long second) {
        return Conditioning.ofLabels(Torch.tensor(new long[] {first, second}));
    }

    private float[] draw(SamplingConfig sampling, CapturedBody.Recorder recorder) {
        TrainConfig config = TrainConfig.defaults();
        NoiseSchedule schedule = NoiseSchedule.of(config.schedule());
        Objective objective = Objective.of(config.objective(), schedule.path(), config.sigmaData());
        UNet2DConfig model = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.downBlockTypes = List.of("DownBlock2D", "DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D");
            c.blockOutChannels = List.of(4, 8);
            c.layersPerBlock = 1;
            c.normNumGroups = 2;
            c.addAttention = false;
            c.numClassEmbeds = 3;
        });
        List<CapturedDenoiser> made = new ArrayList<>();
        Function<CapturedDenoiser.Output, Denoiser> captured = output -> {
            made.add(new CapturedDenoiser(output, objective, schedule, recorder));
            return made.getLast();
        };
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1);
                UNet2D network = new UNet2D(model, generator)) {
            network.train(false);
            Denoiser denoiser = GuidedDenoiser.of(
                    network,
                    objective,
                    schedule,
                    labels(0, 1),
                    labels(2, 2),
                    sampling.guidance(),
                    false,
                    recorder == null ? null : captured);
            Tensor noise = Torch.randn(generator, TensorOptions.defaults().dtype(DType.FLOAT32), 2, 1, 8, 8);
            float[] drawn = Sampler.of(sampling, schedule)
                    .sample(denoiser, noise, generator)
                    .toFloatArray();
            made.forEach(CapturedDenoiser::close);
            return drawn;
        }
    }

    private static SamplingConfig sampling(SamplingConfig.Kind sampler, Guidance guidance) {
        return TrainConfig.defaults()
                .with("sampling.sampler", sampler)
                .with("sampling.steps", 6)
                .with("sampling.guidance", guidance)
                .sampling();
    }

    @ParameterizedTest
    @EnumSource(
            value = SamplingConfig.Kind.class,
            names = {"DDIM", "DDPM", "HEUN", "DPM_SOLVER_2M"})
    void theImagesAreTheSame(SamplingConfig.Kind sampler) {
        for (double scale : new double[] {1, 2.5}) {
            SamplingConfig sampling = sampling(sampler, new Guidance(scale, 0.2, 50));
            // With guidance outputs are combined, and not estimates, which is the same but for rounding.
            assertArrayEquals(draw(sampling, null), draw(sampling, this::record), scale == 1 ? 0 : 1e-4f);
        }
    }

    @Test
    void oneCaptureServesAllStepsWithGuidanceAndOneThoseWithout() {
        // Six steps of DDIM, one call each: three guided, where the noise is neither small nor large, three not. The
        // first of
        // each three is no replay.
        draw(sampling(SamplingConfig.Kind.DDIM, new Guidance(3, 0.8, 50)), this::record);
        assertEquals(2, events.stream().filter("record"::equals).count());
        assertEquals(4, events.stream().filter("replay"::equals).count());
        assertEquals(2, events.stream().filter("close"::equals).count());
    }

    @Test
    void whatCannotBeCapturedIsCalledAsItIs() {
        SamplingConfig sampling = sampling(SamplingConfig.Kind.DDIM, new Guidance(1, 0, 100));
        assertArrayEquals(draw(sampling, null), draw(sampling, _ -> {
            events.add("refused");
            throw new IllegalStateException("not while capturing");
        }));
        assertEquals(List.of("refused"), events);
    }
}
