package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The boxed call as typed methods make it. */
class CallTest extends ScopedTest {

    private static final Operator ADD = Operator.named("aten::add", "Tensor");
    private static final Operator ADD_ = Operator.named("aten::add_", "Tensor");
    private static final Operator ROLL = Operator.named("aten::roll", "");
    private static final Operator CAT = Operator.named("aten::cat", "");
    private static final Operator SPLIT = Operator.named("aten::split", "Tensor");

    @Test
    void argumentsGoInTheOrderOfTheSchema() {
        Tensor x = Torch.tensor(1f, 2, 3, 4);
        assertArrayEquals(
                new float[] {4, 1, 2, 3},
                Call.of(ROLL).tensor(x).ints(1).ints(0).result().toFloatArray());
        assertArrayEquals(
                new float[] {3, 6, 9, 12},
                Call.of(ADD).tensor(x).tensor(x).scalar(2).result().toFloatArray());
    }

    @Test
    void argumentsLeftOutHaveTheirDefaults() {
        Tensor x = Torch.tensor(1f, 2);
        assertArrayEquals(
                new float[] {2, 4}, Call.of(ADD).tensor(x).tensor(x).result().toFloatArray());
    }

    @Test
    void argumentsMayBeCallsThemselves() {
        Tensor x = Torch.tensor(1f, 2);
        Tensor sum = Call.of(ADD)
                .tensor(Call.of(ADD).tensor(x).tensor(x).result())
                .tensor(Call.of(ROLL).tensor(x).ints(1).ints(0).result())
                .result();
        assertArrayEquals(new float[] {4, 5}, sum.toFloatArray());
    }

    @Test
    void anAbandonedCallDoesNotDisturbTheNext() {
        Tensor x = Torch.tensor(1f, 2);
        Call.of(ADD).tensor(x).ints(1, 2, 3);
        assertArrayEquals(
                new float[] {2, 4}, Call.of(ADD).tensor(x).tensor(x).result().toFloatArray());
    }

    @Test
    void aCallIsMadeOnce() {
        Tensor x = Torch.tensor(1f, 2);
        Call call = Call.of(ADD).tensor(x).tensor(x);
        call.result();
        assertThrows(IllegalStateException.class, call::result);
    }

    @Test
    void listsOfAnyLength() {
        List<Tensor> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            many.add(Torch.tensor((float) i));
        }
        Tensor joined = Call.of(CAT).tensors(many).result();
        assertEquals(499500, joined.sum().item());
        List<Tensor> parts = Call.of(SPLIT).tensor(joined).int_(1).list();
        assertEquals(1000, parts.size());
        assertEquals(999, parts.get(999).item());
    }

    @Test
    void severalResults() {
        Tensor[] sorted = Call.of(Operator.named("aten::sort", ""))
                .tensor(Torch.tensor(3f, 1, 2))
                .results(2);
        assertArrayEquals(new float[] {1, 2, 3}, sorted[0].toFloatArray());
        assertArrayEquals(new long[] {1, 2, 0}, sorted[1].toLongArray());
    }

    @Test
    void aTensorChangedInPlaceGetsNoNewHandle() {
        Tensor x = Torch.tensor(1f, 2);
        long before = LiveHandles.settled();
        assertSame(x, Call.of(ADD_).tensor(x).tensor(x).inPlace(x));
        assertSame(x, Call.of(ADD_).tensor(x).tensor(x).result());
        assertEquals(before, Torch.liveHandles());
        assertArrayEquals(new float[] {4, 8}, x.toFloatArray());
    }

    @Test
    void numbersAndTruthAsResults() {
        Tensor x = Torch.tensor(1f, 2);
        assertTrue(
                Call.of(Operator.named("aten::equal", "")).tensor(x).tensor(x).boolResult());
        assertEquals(2, Call.of(Operator.named("aten::sym_numel", "")).tensor(x).intResult());
        assertEquals(
                1.5,
                Call.of(Operator.named("aten::item", ""))
                        .tensor(Torch.tensor(1.5f))
                        .doubleResult());
    }

    @Test
    void aTensorThatIsNotMadeIsNull() {
        Tensor x = Torch.ones(2, 3);
        Tensor[] made = Call.of(Operator.named("aten::native_layer_norm_backward", ""))
                .tensor(x)
                .tensor(x)
                .ints(3)
                .tensor(Torch.zeros(2, 1))
                .tensor(Torch.ones(2, 1))
                .none()
                .none()
                .bools(true, false, false)
                .results(3);
        assertArrayEquals(new long[] {2, 3}, made[0].shape());
        assertNull(made[1]);
        assertNull(made[2]);
    }

    @Test
    void aWrongNumberOfResultsIsRefused() {
        Call call = Call.of(Operator.named("aten::sort", "")).tensor(Torch.tensor(3f, 1, 2));
        TorchTypeException e = assertThrows(TorchTypeException.class, call::result);
        assertTrue(e.getMessage().contains("2 results (Tensor, Tensor)"), e.getMessage());
    }

    @Test
    void aNullThatMustBeATensorIsNamed() {
        Call call = Call.of(ADD).tensor(Torch.ones(1)).tensor(null);
        TorchTypeException e = assertThrows(TorchTypeException.class, call::result);
        assertEquals("aten::add.Tensor: argument 'other' must be Tensor, not None", e.getMessage());
        Call list = Call.of(CAT).tensors(Arrays.asList(Torch.ones(1), null));
        e = assertThrows(TorchTypeException.class, list::result);
        assertEquals("aten::cat: argument 'tensors' has an element 1 which must be Tensor, not None", e.getMessage());
    }

    @Test
    void aClosedTensorIsRefused() {
        Tensor x = Torch.ones(1);
        x.close();
        Call call = Call.of(ADD).tensor(x).tensor(x);
        assertThrows(IllegalStateException.class, call::result);
    }
}
