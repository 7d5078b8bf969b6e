package dev.gradus.diffusion.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.sampler.SamplingSteps;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples of docs/extending.md: what the page shows is what is compiled, and they do what they say. */
class ExtendingTest {
    private static final NoiseSchedule SCHEDULE = new SigmoidSchedule(-3, 3);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"SigmoidSchedule", "AdamsBashforth", "SmallNetwork", "PgmFolder", "OwnTraining"})
    void thePageShowsWhatIsCompiled(String name) throws IOException {
        String file = Files.readString(Path.of("src/test/java/dev/gradus/diffusion/docs", name + ".java"));
        String code = file.substring(file.indexOf("/**"));
        assertTrue(code.lines().count() < 40, name + " has " + code.lines().count() + " lines");
        String page = Files.readString(Path.of("../docs/extending.md"));
        assertTrue(
                page.contains("<!-- " + name + " -->\n```java\n" + code + "```\n"),
                "docs/extending.md shows another " + name);
    }

    @Test
    void theScheduleIsOne() {
        for (double t : new double[] {SCHEDULE.tMin(), 0.1, 0.5, 0.9, SCHEDULE.tMax()}) {
            NoiseLevel level = SCHEDULE.at(t);
            assertEquals(1, level.alpha() * level.alpha() + level.sigma() * level.sigma(), 1e-12);
            assertEquals(t, SCHEDULE.timeOf(level.logSnr()), 1e-9);
        }
        assertTrue(SCHEDULE.at(0.2).logSnr() > SCHEDULE.at(0.3).logSnr());
        assertEquals(0, SCHEDULE.at(0.5).logSnr(), 1e-12);
    }

    /** On images that are normal with mean m and deviation s the best estimate is known, and so is where each noise ends. */
    @Test
    void theSamplerIsOfSecondOrder() {
        double m = 0.3;
        double s = 0.5;
        Denoiser exact = (x, level) -> {
            double share =
                    level.alpha() * s * s / (level.alpha() * level.alpha() * s * s + level.sigma() * level.sigma());
            return x.sub(level.alpha() * m).mul(share).add(m);
        };
        double coarse = error(exact, m, s, 40);
        double fine = error(exact, m, s, 80);
        assertTrue(coarse / fine > 3, coarse + " " + fine);
    }

    private static double error(Denoiser denoiser, double m, double s, int count) {
        try (var _ = TensorScope.open();
                var random = Generator.cpu(1)) {
            // Not to the end, where the last step is another one.
            List<NoiseLevel> levels = SamplingSteps.of(SamplingConfig.Spacing.EXPONENTIAL, count, 7, SCHEDULE)
                    .levels()
                    .subList(0, count);
            var steps = new SamplingSteps(SCHEDULE, levels);
            Tensor noise = Torch.randn(random, 8, 1, 2, 2).to(DType.FLOAT64);
            Tensor found = new AdamsBashforth(steps).sample(denoiser, noise, random);
            NoiseLevel from = levels.getFirst();
            NoiseLevel to = levels.getLast();
            double before = Math.hypot(s, from.ratio());
            double after = Math.hypot(s, to.ratio());
            Tensor y = noise.mul(SCHEDULE.startScale(from) / from.alpha());
            Tensor exact = y.sub(m).mul(after / before).add(m);
            return found.sub(exact).abs().max().item();
        }
    }

    private ImageDataset images() throws IOException {
        for (int i = 0; i < 32; i++) {
            byte[] header = "P5\n12 12\n255\n".getBytes(StandardCharsets.US_ASCII);
            byte[] file = Arrays.copyOf(header, 13 + 144);
            // A square, lighter or darker.
            for (int k = 0; k < 144; k++) {
                boolean inside = k / 12 > 2 && k / 12 < 9 && k % 12 > 2 && k % 12 < 9;
                file[13 + k] = (byte) (inside ? 160 + 3 * (i % 16) : 30);
            }
            Files.write(folder.resolve("%02d.pgm".formatted(i)), file);
        }
        return PgmFolder.open(folder, 12, 12);
    }

    @Test
    void allOfThemTrainTogetherAndDraw() throws IOException {
        ImageDataset images = images();
        try (var _ = TensorScope.open();
                var random = Generator.cpu(0);
                var network = new SmallNetwork(1, 16, random)) {
            double first = OwnTraining.run(network, SCHEDULE, images, 20);
            double last = OwnTraining.run(network, SCHEDULE, images, 300);
            assertTrue(last < 0.7 * first, first + " then " + last);
            var denoiser =
                    new NetworkDenoiser(network, Objective.v(SCHEDULE.path()), SCHEDULE, Conditioning.none(), false);
            Sampler sampler = new AdamsBashforth(SamplingSteps.of(SamplingConfig.Spacing.TRAILING, 20, 7, SCHEDULE));
            Tensor drawn = sampler.sample(denoiser, Torch.randn(random, 4, 1, 12, 12), random);
            double inside = drawn.narrow(2, 4, 4).narrow(3, 4, 4).mean().item();
            double border = drawn.narrow(2, 0, 2).mean().item();
            assertTrue(inside > border + 0.3, inside + " within, " + border + " around");
        }
    }
}
