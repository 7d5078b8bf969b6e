package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.config.MemoryConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.config.TrainConfig.Precision;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.ImageOrder;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a step is computed, and when it is left out. */
@Timeout(60)
class TrainingStepTest {
    private static final TrainListener SILENT = new TrainListener() {};

    @TempDir
    Path temp;

    private TrainConfig config;
    private int runs;

    @BeforeEach
    void prepare() throws IOException {
        config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .steps(6)
                .checkpointEvery(0)
                .config()
                .with("logEvery", 1);
    }

    /** Without dropout, which draws for each piece of a batch by itself. */
    private TrainConfig withoutDropout() {
        return config.with("model", ((UNet2DConfig) config.model()).with(c -> c.dropout = 0));
    }

    private Path train(TrainConfig chosen) throws IOException {
        Path run = temp.resolve("run-" + runs++);
        new Trainer(chosen, run, SILENT).run();
        return run;
    }

    private static Path last(Path run) throws IOException {
        return RunFolder.existing(run).newestCheckpoint().orElseThrow();
    }

    private static float[] weights(Path run) throws IOException {
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> named =
                    new TreeMap<>(SafeTensors.load(last(run).resolve("model/diffusion_pytorch_model.safetensors")));
            return Torch.cat(named.values().stream().map(Tensor::flatten).toList(), 0)
                    .toFloatArray();
        }
    }

    private static JsonNode lastMetrics(Path run) throws IOException {
        return new ObjectMapper()
                .readTree(Files.readAllLines(run.resolve("metrics.jsonl")).getLast());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void aBatchInPiecesIsTheWholeBatchToRounding(int pieces) throws IOException {
        // The first step of Adam moves a weight by its rate whatever the gradient is, so one that is 0 but for rounding
        // could
        // go either way: with a large eps the update is as smooth as the gradient.
        TrainConfig smooth = withoutDropout().with("optimizer.eps", 0.1).with("optimizer.lr", 0.05);
        Path whole = train(smooth);
        Path cut = train(smooth.with("memory.pieces", pieces));
        // Sums of some hundred numbers in another order; the weights move by about 0.01.
        assertArrayEquals(weights(whole), weights(cut), 1e-6f);
        assertEquals(
                lastMetrics(whole).path("loss").asDouble(),
                lastMetrics(cut).path("loss").asDouble(),
                1e-6);
    }

    @Test
    void recomputedBlocksGiveTheSameBits() throws IOException {
        // With dropout, whose random numbers must be the same the second time.
        assertArrayEquals(weights(train(config)), weights(train(config.with("memory.recompute", true))));
    }

    @Test
    void recomputedBlocksTakeLessMemory() throws IOException {
        TrainConfig deep = config.with("model", ((UNet2DConfig) config.model()).with(c -> c.layersPerBlock = 6));
        ImageDataset dataset = Datasets.open(deep.data(), 8, false, (_, _, _) -> {});
        long kept = RunEstimate.measured(deep, dataset, 64);
        long again = RunEstimate.measured(deep.with("memory.recompute", true), dataset, 64);
        assertTrue(again < 0.7 * kept, again + " of " + kept + " bytes");
    }

    @Test
    void layoutsAndKernelsAreTheSameToRounding() throws IOException {
        TrainConfig smooth = withoutDropout().with("optimizer.eps", 0.1).with("optimizer.lr", 0.05);
        float[] fused = weights(train(smooth));
        TrainConfig single = smooth.with("kernels", TrainConfig.Kernels.PYTORCH);
        for (TrainConfig other : List.of(
                smooth.with("memory.format", MemoryConfig.Format.CONTIGUOUS),
                single,
                single.with("memory.format", MemoryConfig.Format.CHANNELS_LAST))) {
            float[] found = weights(train(other));
            assertArrayEquals(fused, found, 1e-6f);
            assertFalse(Arrays.equals(fused, found), "the same bits: was there another way?");
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyPrecisionGoesOnWithTheSameBits(Precision precision) throws IOException {
        TrainConfig chosen = config.with("precision", precision).with("checkpoint.every", 3);
        Path whole = train(chosen);
        Path stopped = temp.resolve("stopped");
        Trainer[] trainer = new Trainer[1];
        trainer[0] = new Trainer(chosen, stopped, new TrainListener() {
            @Override
            public void stepLogged(StepReport report) {
                if (report.step() == 4) {
                    trainer[0].requestStop();
                }
            }
        });
        trainer[0].run();
        new Trainer(chosen, stopped, SILENT).run();
        assertEquals(
                Files.readString(last(whole).resolve(Checksums.FILE)),
                Files.readString(last(stopped).resolve(Checksums.FILE)));
        assertTrue(Float.isFinite(weights(whole)[0]));
    }

    @Test
    void theScaleOfFp16FindsItsSizeWithoutSkippedSteps() throws IOException {
        // A loss of about 10,000, scaled by 65,536, is beyond float16; so the first steps only find the scale.
        Path run = temp.resolve("run");
        trainOn(config.with("precision", Precision.FP16), run, _ -> true, 100);
        JsonNode state = TrainingState.readJson(last(run));
        assertTrue(
                state.path("scaler").path("scale").asDouble() < 65536,
                state.path("scaler").toString());
        assertTrue(state.path("skipped").path("overflows").asInt() > 0);
        assertEquals(0, lastMetrics(run).path("skipped").asInt());
    }

    @Test
    void precisionsAgreeRoughly() throws IOException {
        double fp32 = lastMetrics(train(withoutDropout())).path("loss").asDouble();
        for (Precision precision : List.of(Precision.BF16, Precision.FP16)) {
            double other = lastMetrics(train(withoutDropout().with("precision", precision)))
                    .path("loss")
                    .asDouble();
            assertEquals(fp32, other, 0.02 * fp32, precision.toString());
        }
    }

    /** Images some of which have another value everywhere. */
    private static final class Spoilt extends WrappedDataset {
        private final LongPredicate which;
        private final float value;

        Spoilt(ImageDataset dataset, LongPredicate which, float value) {
            super(dataset);
            this.which = which;
            this.value = value;
        }

        @Override
        public void decode(long index, MemorySegment target) {
            super.decode(index, target);
            for (long i = 0; which.test(index) && i < (long) channels() * height() * width(); i++) {
                target.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            }
        }
    }

    private record Skip(long step, String problem, List<Long> images) {}

    private List<Skip> trainOn(TrainConfig chosen, Path run, LongPredicate which, float value) throws IOException {
        List<Skip> skips = new ArrayList<>();
        Trainer trainer = new Trainer(chosen, run, new TrainListener() {
            @Override
            public void stepSkipped(long step, String problem, long[] images) {
                skips.add(new Skip(step, problem, Arrays.stream(images).boxed().toList()));
            }
        });
        trainer.probe(WrappedDataset.instead(dataset -> new Spoilt(dataset, which, value)));
        trainer.run();
        return skips;
    }

    @Test
    void aStepWithANumberThatIsNoneIsLeftOutCountedAndNamed() throws IOException {
        // 30 images, one of which is spoilt; 8 steps of 4 images see each at least once.
        Path run = temp.resolve("run");
        List<Skip> skips = trainOn(config.with("steps", 8), run, image -> image == 0, Float.NaN);
        assertEquals(1, skips.stream().map(Skip::step).filter(step -> step < 8).count());
        Skip skip = skips.getFirst();
        assertEquals("the loss became NaN", skip.problem());
        assertTrue(skip.images().contains(0L), skip::toString);
        assertEquals(4, skip.images().size());
        assertEquals(skips.size(), lastMetrics(run).path("skipped").asInt());
        String line = Files.readAllLines(run.resolve("metrics.jsonl")).get((int) skip.step() - 1);
        assertTrue(line.contains("\"loss\":null"), line);
        for (float weight : weights(run)) {
            assertTrue(Float.isFinite(weight));
        }
        assertEquals(
                0,
                TrainingState.readJson(last(run)).path("skipped").path("inARow").asInt());
    }

    @Test
    void aStepThatIsLeftOutChangesNeitherWeightsNorOptimizer() throws IOException {
        Path run = temp.resolve("run");
        long third = new ImageOrder(30, config.seed()).at(9);
        assertEquals(
                List.of(3L),
                trainOn(config.with("checkpoint.every", 1), run, image -> image == third, Float.NaN).stream()
                        .map(Skip::step)
                        .toList());
        for (String file : List.of("model/diffusion_pytorch_model.safetensors", "optimizer.safetensors")) {
            byte[] before =
                    Files.readAllBytes(run.resolve("checkpoints/step-000002").resolve(file));
            assertArrayEquals(
                    before,
                    Files.readAllBytes(run.resolve("checkpoints/step-000003").resolve(file)));
            assertFalse(Arrays.equals(
                    before,
                    Files.readAllBytes(run.resolve("checkpoints/step-000004").resolve(file))));
        }
    }

    @Test
    void aLossThatExplodesIsLeftOutToo() throws IOException {
        Path run = temp.resolve("run");
        // What is too much is known from the second step on.
        long third = new ImageOrder(30, config.seed()).at(9);
        List<Skip> skips = trainOn(config, run, image -> image == third, 1e5f);
        assertEquals(List.of(3L), skips.stream().map(Skip::step).toList());
        assertTrue(
                skips.getFirst()
                        .problem()
                        .matches("the loss became .*, more than 100[.]0 times its average of [01][.].*"),
                skips::toString);
        assertTrue(lastMetrics(run).path("loss").asDouble() < 5);
    }

    @Test
    void tooManySuchStepsInARowEndTheRun() throws IOException {
        Path run = temp.resolve("run");
        TrainConfig three = config.with("divergence.stopAfter", 3);
        var e = assertThrows(TrainingException.class, () -> trainOn(three, run, _ -> true, Float.NaN));
        assertTrue(
                e.getMessage()
                        .matches("the loss became NaN at step 3 with the images \\d+(, \\d+){3} of the data, the last"
                                + " of 3 such steps in a row, so training stopped; no checkpoint had been written"
                                + " yet[.].*"),
                e.getMessage());
        assertFalse(Files.exists(run.resolve("checkpoints/step-000003")));
    }
}
