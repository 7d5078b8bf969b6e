package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When steps are captured, replayed and given up, with a recorder that stands in for a GPU's. */
class CapturedStepTest {
    private final List<String> events = new ArrayList<>();

    /** Where a step leaves its result: the sum of its input, from the memory that it saw. */
    private double sum;

    private void step(StepInput input) {
        events.add("run");
        sum = input.images().sum().item();
    }

    /** Reads the memory of the input of the recording when it is replayed, as a graph does. */
    private CapturedBody.Recording record(Runnable body) {
        events.add("record");
        return new CapturedBody.Recording() {
            @Override
            public void replay() {
                events.add("replay");
                body.run();
                events.removeLast();
            }

            @Override
            public void close() {
                events.add("close");
            }
        };
    }

    private static StepInput input(int batch, double value) {
        TensorOptions whole = TensorOptions.defaults().dtype(DType.INT64);
        Tensor images = Torch.full(TensorOptions.defaults(), value, batch, 1, 2, 2);
        return new StepInput(images, Torch.zeros(whole, batch), null);
    }

    private double run(CapturedStep captured, int batch, double value) {
        try (var _ = TensorScope.open()) {
            captured.run(input(batch, value));
            return sum;
        }
    }

    private List<String> taken() {
        List<String> all = List.copyOf(events);
        events.clear();
        return all;
    }

    @Test
    void afterSomeStepsItIsRecordedOnceAndReplayedOnNewInputs() {
        try (CapturedStep captured = new CapturedStep(this::step, this::record, false, () -> {})) {
            for (int i = 1; i <= 5; i++) {
                assertEquals(4.0 * 2 * i, run(captured, 2, i));
            }
            assertEquals(List.of("run", "run", "run", "record", "replay", "replay"), taken());
        }
        assertEquals(List.of("close"), taken());
    }

    @Test
    void anotherShapeIsRecordedAnew() {
        try (CapturedStep captured = new CapturedStep(this::step, this::record, false, () -> {})) {
            for (int i = 0; i < 4; i++) {
                run(captured, 2, 1);
            }
            taken();
            for (int i = 0; i < 4; i++) {
                assertEquals(12, run(captured, 3, 1));
            }
            assertEquals(List.of("close", "run", "run", "run", "record", "replay"), taken());
            captured.captureAnew();
            assertEquals(12, run(captured, 3, 1));
            assertEquals(List.of("close", "run"), taken());
        }
    }

    @Test
    void whatCannotBeRecordedGoesOnAsItIs() {
        int[] mended = {0};
        try (CapturedStep captured = new CapturedStep(
                this::step,
                _ -> {
                    throw new IllegalStateException("operation not permitted when stream is capturing");
                },
                false,
                () -> mended[0]++)) {
            for (int i = 1; i <= 6; i++) {
                assertEquals(8.0 * i, run(captured, 2, i));
            }
            assertEquals(List.of("run", "run", "run", "run", "run", "run"), taken());
            assertEquals(1, mended[0], "tried once");
        }
    }

    @Test
    void orIsAnErrorWhereItMustBe() {
        try (CapturedStep captured = new CapturedStep(
                this::step,
                _ -> {
                    throw new IllegalStateException("not while capturing\nand a stack");
                },
                true,
                () -> {})) {
            for (int i = 0; i < 3; i++) {
                run(captured, 2, 1);
            }
            var e = assertThrows(ConfigException.class, () -> run(captured, 2, 1));
            assertTrue(
                    e.getMessage()
                            .endsWith("is on, but a step cannot be captured: not while capturing; use auto or off"),
                    e.getMessage());
        }
    }

    @Test
    void withoutARecorderEachStepRunsAsItIs() {
        try (CapturedStep captured = new CapturedStep(this::step, null, true, () -> {})) {
            for (int i = 0; i < 5; i++) {
                run(captured, 2, 1);
            }
            assertEquals(List.of("run", "run", "run", "run", "run"), taken());
        }
    }

    @Test
    void anErrorOfAStepIsItsOwn() {
        try (CapturedStep captured =
                new CapturedStep(_ -> Torch.ones(2).add(Torch.ones(3)), this::record, false, () -> {})) {
            assertThrows(TorchException.class, () -> run(captured, 2, 1));
        }
    }
}
