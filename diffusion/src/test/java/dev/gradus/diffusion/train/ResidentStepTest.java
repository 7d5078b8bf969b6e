package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.config.TrainConfig.Precision;
import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.data.Datasets;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The step that draws and decides on the device, as on a GPU, on the CPU: it gives the bits of the step whose host does. The
 * times are stratified, since both ways then draw the same uniform numbers.
 */
@Timeout(60)
class ResidentStepTest {
    private static final int STEPS = 20;

    @TempDir
    Path temp;

    private TrainConfig config;
    private ImageDataset dataset;

    @BeforeEach
    void prepare() throws IOException {
        config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .classes(11)
                .config()
                .with("noise.stratified", true)
                .with("ema.further", List.of(100.0));
        dataset = Datasets.open(config.data(), 8, true, (_, _, _) -> {});
    }

    /** All numbers that some steps lead to, and their losses. */
    private record Result(float[] state, List<StepBlock.Entry> losses) {}

    private Result train(TrainConfig chosen, boolean resident, IntFunction<Float> spoilt) throws IOException {
        List<StepBlock.Entry> losses = new ArrayList<>();
        try (var _ = TensorScope.open();
                TrainingState state = new TrainingState(chosen, Device.cpu(), dataset);
                TrainingStep step = new TrainingStep(chosen, state, false, 4, resident);
                Generator generator = Generator.cpu(3)) {
            for (int i = 0; i < STEPS; i++) {
                Tensor images = Torch.randn(generator, 4, 1, 8, 8).mul(spoilt.apply(i));
                Tensor labels = Torch.randint(0, 10, generator, 4).to(DType.INT64);
                step.run(state.conditioner.input(new Batch(images, labels, Collections.nCopies(4, ""))));
                step.block().counted();
                state.step++;
                if (step.block().full()) {
                    losses.addAll(step.block().drain(false));
                    step.beginBlock();
                }
            }
            losses.addAll(step.block().drain(false));
            var all = new TreeMap<>(state.named());
            state.optimizer.state().forEach((name, tensor) -> all.put("optimizer." + name, tensor));
            state.averages
                    .parameters()
                    .forEach((folder, named) -> named.forEach((name, tensor) -> all.put(folder + name, tensor)));
            float[] numbers = Torch.cat(
                            all.values().stream().map(t -> t.detach().flatten()).toList(), 0)
                    .toFloatArray();
            return new Result(numbers, losses);
        }
    }

    private void compare(TrainConfig chosen, IntFunction<Float> spoilt) throws IOException {
        Result host = train(chosen, false, spoilt);
        Result device = train(chosen, true, spoilt);
        assertArrayEquals(host.state, device.state);
        assertEquals(STEPS, host.losses.size());
        assertEquals(STEPS, device.losses.size());
        for (int i = 0; i < STEPS; i++) {
            StepBlock.Entry expected = host.losses.get(i);
            StepBlock.Entry found = device.losses.get(i);
            assertEquals(expected.mean(), found.mean());
            assertEquals(expected.gradientNorm(), found.gradientNorm());
            assertEquals(expected.skipped(), found.skipped());
            assertArrayEquals(expected.times(), found.times());
            assertArrayEquals(expected.images(), found.images());
        }
    }

    @Test
    void itGivesTheSameBits() throws IOException {
        compare(config, _ -> 1f);
    }

    @Test
    void withClassesLeftOutToo() throws IOException {
        compare(
                config.with("model.nullClassEmbed", true)
                        .with("conditioning.dropout", 0.4)
                        .with("objective", TrainConfig.Objective.EPSILON),
                _ -> 1f);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void inPiecesToo(int pieces) throws IOException {
        compare(config.with("memory.pieces", pieces), _ -> 1f);
    }

    @Test
    void inFp16WhoseScaleFindsItsSize() throws IOException {
        compare(config.with("precision", Precision.FP16), i -> i < 2 ? 1000f : 1f);
    }

    @Test
    void aStepThatIsNotFitChangesNothing() throws IOException {
        // In the last block: the average of the losses, which also bounds them, is one of whole blocks here.
        compare(config, i -> i == 17 ? Float.NaN : i == 18 ? Float.POSITIVE_INFINITY : 1f);
        assertTrue(
                train(config, true, i -> i == 3 ? Float.NaN : 1f).losses.get(3).skipped());
    }
}
