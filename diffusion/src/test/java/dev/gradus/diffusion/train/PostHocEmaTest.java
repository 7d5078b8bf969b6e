package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PostHocEmaTest {
    private static final TrainListener SILENT = new TrainListener() {};

    @TempDir
    Path temp;

    private static JsonNode goldens() throws IOException {
        return new ObjectMapper().readTree(PostHocEmaTest.class.getResourceAsStream("/goldens/post-hoc-ema.json"));
    }

    private static PowerFunction profile(double deviation, double t) {
        return new PowerFunction(PowerFunction.gammaOf(deviation), t);
    }

    @Test
    void exponentsAndInnerProductsAreThoseThatPythonIntegrates() throws IOException {
        goldens().path("gammas").properties().forEach(entry -> {
            double deviation = Double.parseDouble(entry.getKey());
            double gamma = PowerFunction.gammaOf(deviation);
            // The root of an integral to 1e-14: the flatter the deviation in gamma, the less of it is left.
            assertEquals(entry.getValue().asDouble(), gamma, 1e-6 * (1 + gamma));
            assertEquals(deviation, PowerFunction.deviationOf(gamma), 1e-12);
        });
        for (JsonNode dot : goldens().path("dots")) {
            JsonNode pair = dot.path("pair");
            double expected = dot.path("value").asDouble();
            assertEquals(
                    expected,
                    profile(pair.get(0).asDouble(), pair.get(1).asDouble())
                            .dot(profile(pair.get(2).asDouble(), pair.get(3).asDouble())),
                    1e-9 * expected);
        }
    }

    @Test
    void factorsAreThoseOfPythonsLeastSquares() throws IOException {
        JsonNode goldens = goldens();
        for (JsonNode expected : goldens.path("fits")) {
            double end = expected.path("step").asDouble();
            List<PowerFunction> profiles = new ArrayList<>();
            for (JsonNode t : goldens.path("steps")) {
                for (JsonNode deviation : goldens.path("deviations")) {
                    if (t.asDouble() <= end) {
                        profiles.add(profile(deviation.asDouble(), t.asDouble()));
                    }
                }
            }
            PostHocEma.Fit fit =
                    PostHocEma.fit(profiles, profile(expected.path("deviation").asDouble(), end));
            double[] factors = new ObjectMapper().convertValue(expected.path("factors"), double[].class);
            // Normal equations square the condition of the problem, about 1e3 here.
            assertArrayEquals(factors, fit.factors(), 1e-6, expected.toString());
            assertEquals(expected.path("error").asDouble(), fit.error(), 1e-6);
        }
    }

    @Test
    void halfOfTheWeightIsOnTheLastImages() {
        double gamma = PowerFunction.gammaOfHalfLife(0.1);
        // The integral of the profile over the first 90 %.
        assertEquals(0.5, Math.pow(0.9, gamma + 1), 1e-12);
    }

    /** The update rule gives the profile: with t as the value at step t, the average is the mean of the profile. */
    @Test
    void theUpdatesAddUpToTheProfile() {
        double gamma = PowerFunction.gammaOf(0.1);
        double average = -7;
        for (int t = 1; t <= 10_000; t++) {
            double decay = PowerFunction.decayAt(gamma, t);
            average = decay * average + (1 - decay) * t;
        }
        // The steps are not infinitely many.
        assertEquals((gamma + 1) / (gamma + 2) * 10_000, average, 1);
    }

    /** A random walk, averaged on the way and afterwards. */
    @ParameterizedTest
    @ValueSource(doubles = {0.06, 0.075, 0.09, 0.12, 0.15})
    void anAverageMadeLaterIsTheOneThatWasTracked(double deviation) {
        int steps = 4096;
        double[] deviations = {0.05, 0.1};
        Random random = new Random(3);
        double value = 0;
        double direct = 0;
        double[] tracked = new double[2];
        List<PowerFunction> profiles = new ArrayList<>();
        List<Double> snapshots = new ArrayList<>();
        for (int t = 1; t <= steps; t++) {
            value += random.nextGaussian();
            direct += (1 - PowerFunction.decayAt(PowerFunction.gammaOf(deviation), t)) * (value - direct);
            for (int i = 0; i < 2; i++) {
                tracked[i] +=
                        (1 - PowerFunction.decayAt(PowerFunction.gammaOf(deviations[i]), t)) * (value - tracked[i]);
                if (t % 128 == 0) {
                    profiles.add(profile(deviations[i], t));
                    snapshots.add(tracked[i]);
                }
            }
        }
        PostHocEma.Fit fit = PostHocEma.fit(profiles, profile(deviation, steps));
        double made = 0;
        for (int i = 0; i < snapshots.size(); i++) {
            made += fit.factors()[i] * snapshots.get(i);
        }
        // The walk has gone about sqrt(4096) = 64; neighbouring averages lie several apart.
        assertEquals(direct, made, 0.05);
        assertTrue(Math.abs(tracked[0] - tracked[1]) > 1);
        assertTrue(fit.error() < 0.01, "error " + fit.error());
    }

    private static float[] flat(Path network) throws IOException {
        try (var _ = TensorScope.open()) {
            var named = new TreeMap<>(SafeTensors.load(network.resolve("diffusion_pytorch_model.safetensors")));
            return Torch.cat(named.values().stream().map(Tensor::flatten).toList(), 0)
                    .toFloatArray();
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (double) (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }

    @Test
    void aRunLeavesSnapshotsFromWhichAnyAverageIsMade() throws IOException {
        TrainConfig config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .steps(200)
                .checkpointEvery(0)
                .config()
                .with("ema.power", List.of(0.05, 0.1));
        Path run = temp.resolve("run");
        new Trainer(config.with("ema.snapshotEvery", 20), run, SILENT).run();
        Path tracked = temp.resolve("tracked");
        new Trainer(config.with("ema.power", List.of(0.075)).with("ema.further", List.of(200.0)), tracked, SILENT)
                .run();
        Path checkpoint = tracked.resolve("checkpoints/step-000200");
        assertTrue(Files.isDirectory(checkpoint.resolve("ema-200")));

        PostHocEma ema = PostHocEma.open(RunFolder.existing(run));
        assertEquals(200, ema.lastStep());
        PostHocEma.Result result = ema.write(ema.ofDeviation(0.075, 200));
        assertEquals(20, result.snapshots());
        assertTrue(result.error() < 0.01, "error " + result.error());
        float[] made = flat(result.weights());
        float[] direct = flat(checkpoint.resolve("power-0.075"));
        double spread = distance(direct, flat(run.resolve("checkpoints/step-000200/power-0.1")));
        assertTrue(distance(made, direct) < 0.02 * spread, distance(made, direct) + " of " + spread);

        try (var _ = TensorScope.open();
                var images = ImageGenerator.open(config, result.weights(), Device.cpu())) {
            assertEquals(2, images.draw(config.sampling(), 1, 0, 2).size(0));
        }
        PostHocEma.Wanted early = ema.ofHalfLife(100, config.batchSize(), 150);
        assertEquals("half-life-100-step-000150", early.name());
        assertEquals(14, ema.write(early).snapshots());
        assertThrows(IllegalArgumentException.class, () -> ema.ofDeviation(0.3, 200));
        assertThrows(IllegalArgumentException.class, () -> ema.ofDeviation(0.1, 201));
        assertThrows(IllegalArgumentException.class, () -> ema.ofHalfLife(400, config.batchSize(), 200));
        var e = assertThrows(RunFolderException.class, () -> PostHocEma.open(RunFolder.existing(tracked)));
        assertTrue(e.getMessage().contains("has no snapshots"), e.getMessage());
        // What was made belongs to the run, which can be gone on with.
        assertEquals(
                TrainResult.Outcome.ALREADY_DONE,
                new Trainer(config.with("ema.snapshotEvery", 20), run, SILENT)
                        .run()
                        .outcome());
    }
}
