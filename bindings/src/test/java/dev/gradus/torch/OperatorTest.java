package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators by name: found, described, called, and refused with words that help. */
class OperatorTest extends ScopedTest {

    // -------------------------------------------------------------------------- finding

    @Test
    void allAreListed() {
        List<String> all = Operators.list();
        assertTrue(all.size() > 2500, all.size() + " operators");
        assertTrue(all.containsAll(List.of("aten::add.Tensor", "aten::relu", "aten::roll")));
    }

    @Test
    void everyOneOfTheListIsFoundAndDescribed() {
        for (String name : Operators.list()) {
            int dot = name.indexOf('.', name.indexOf("::"));
            String overload = dot < 0 ? "" : name.substring(dot + 1);
            Operator operator = Operators.find(dot < 0 ? name : name.substring(0, dot), overload);
            assertTrue(operator.schema().startsWith(name + "("), operator.schema());
            operator.arguments().forEach(argument -> assertFalse(argument.name().isEmpty(), operator.schema()));
        }
    }

    @Test
    void aSchemaCanBeRead() {
        Operator roll = Operators.find("aten::roll");
        assertEquals("aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor", roll.schema());
        assertEquals(
                List.of("Tensor self", "int[1] shifts", "int[1] dims=[]"),
                roll.arguments().stream().map(Object::toString).toList());
        assertEquals("Tensor", roll.returns().get(0).type());
        List<Operator.Argument> clamp = Operators.find("aten::clamp", "out").arguments();
        assertEquals("Scalar? min=None", clamp.get(1).toString());
        assertTrue(clamp.get(3).keywordOnly() && clamp.get(3).changed());
    }

    @Test
    void anUnknownNameIsAnsweredWithTheNearest() {
        TorchValueException e = assertThrows(TorchValueException.class, () -> Operators.find("aten::rol"));
        assertTrue(e.getMessage().contains("'aten::rol'") && e.getMessage().contains("aten::roll"), e.getMessage());
        e = assertThrows(TorchValueException.class, () -> Operators.find("softmax"));
        assertTrue(e.getMessage().contains("aten::softmax"), e.getMessage());
        e = assertThrows(TorchValueException.class, () -> Operators.find("aten::relu", "Tensor"));
        assertEquals("aten::relu has no overload 'Tensor'; it has '', 'out'", e.getMessage());
    }

    // -------------------------------------------------------------------------- calling

    @Test
    void theOverloadIsChosenByTheArguments() {
        Tensor x = Torch.tensor(1f, 4, 2);
        Operator add = Operators.find("aten::add");
        assertArrayEquals(new float[] {2, 8, 4}, add.callTensor(x, x).toFloatArray());
        assertArrayEquals(new float[] {3, 6, 4}, add.callTensor(x, 2).toFloatArray());
        assertArrayEquals(
                new float[] {1.5f, 6, 3},
                add.with("alpha", 0.5).callTensor(x, x).toFloatArray());
        Operator max = Operators.find("aten::max");
        assertEquals(4, max.callTensor(x).item());
        assertEquals(1, max.callTensors(x, 0).get(1).itemLong());
        assertTrue(max.schema().lines().count() > 3, max.schema());
        assertThrows(IllegalStateException.class, max::arguments);
        TorchTypeException e = assertThrows(TorchTypeException.class, () -> add.call(x, "two"));
        assertTrue(e.getMessage().contains("aten::add.Scalar: argument 'other': the String \"two\""), e.getMessage());
    }

    @Test
    void argumentsAreGivenByPlaceOrByName() {
        Tensor x = Torch.ones(2, 3);
        Operator sum = Operators.find("aten::sum.dim_IntList");
        assertArrayEquals(new long[] {2}, sum.callTensor(x, new long[] {1}).shape());
        assertArrayEquals(
                new long[] {2, 1},
                sum.with("keepdim", true).with("dim", List.of(1)).callTensor(x).shape());
        assertEquals(
                DType.FLOAT64, sum.with("dtype", DType.FLOAT64).callTensor(x, 0).dtype());
        assertEquals(6, sum.callTensor(x, null).item());
    }

    static Stream<Arguments> kinds() {
        return Stream.of(
                Arguments.of("aten::full", new Object[] {new int[] {2}, 1.5}, "[1.5, 1.5]"),
                Arguments.of("aten::full", new Object[] {List.of(2), true}, "[1.0, 1.0]"),
                Arguments.of(
                        "aten::full",
                        new Object[] {new long[] {1}, 3, DType.INT64, Layout.STRIDED, Device.cpu(), false},
                        "[3.0]"),
                Arguments.of("aten::full", new Object[] {new Long[] {}, 3f}, "[3.0]"),
                Arguments.of("aten::scalar_tensor", new Object[] {(short) 7}, "[7.0]"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void naturalJavaTypesAreTaken(String name, Object[] arguments, String expected) {
        assertEquals(
                expected,
                Arrays.toString(Operators.find(name, "").callTensor(arguments).toDoubleArray()));
    }

    @Test
    void listsMayBeArraysOrLists() {
        Tensor x = Torch.tensor(1f, 2);
        Operator cat = Operators.find("aten::cat", "");
        try (TensorList list = TensorList.of(List.of(x, x))) {
            for (Object given : new Object[] {List.of(x, x), new Tensor[] {x, x}, list}) {
                assertArrayEquals(
                        new float[] {1, 2, 1, 2}, cat.callTensor(given).toFloatArray());
            }
        }
        Tensor y = Torch.arange(6).reshape(2, 3);
        assertArrayEquals(
                new long[] {2, 5},
                Operators.find("aten::index.Tensor")
                        .callTensor(y, Arrays.asList(null, Torch.tensor(2L)))
                        .toLongArray());
        List<Tensor> scaled =
                Operators.find("aten::_foreach_mul.ScalarList").callTensors(List.of(x, x), List.of(3, 0.5));
        assertArrayEquals(new float[] {3, 6}, scaled.get(0).toFloatArray());
        assertArrayEquals(new float[] {0.5f, 1}, scaled.get(1).toFloatArray());
    }

    @Test
    void complexNumbersAndGenerators() {
        Tensor x = Torch.tensor(1f, 2);
        Tensor turned = Operators.find("aten::mul.Scalar").callTensor(x, Complex.I);
        assertEquals(DType.COMPLEX64, turned.dtype());
        assertEquals(
                new Complex(0, 2),
                Operators.find("aten::item").call(turned.select(0, 1)).get(0));
        try (Generator one = Generator.cpu(5);
                Generator other = Generator.cpu(5)) {
            Operator rand = Operators.find("aten::rand", "generator");
            assertArrayEquals(
                    rand.callTensor(new long[] {4}, one).toFloatArray(),
                    rand.callTensor(new long[] {4}, other).toFloatArray());
        }
    }

    @Test
    void aTensorChangedInPlaceIsTheResult() {
        Tensor x = Torch.tensor(1f, 2);
        Tensor out = Torch.zeros(2);
        long before = LiveHandles.settled();
        assertSame(x, Operators.find("aten::neg_").callTensor(x));
        assertSame(out, Operators.find("aten::exp.out").callTensor(Torch.zeros(2), out));
        assertArrayEquals(new float[] {-1, -2}, x.toFloatArray());
        assertArrayEquals(new float[] {1, 1}, out.toFloatArray());
        assertEquals(before + 1, Torch.liveHandles());
    }

    @Test
    void resultsOfEveryKind() {
        Tensor x = Torch.ones(2, 3);
        assertEquals(List.of(true), Operators.find("aten::equal").call(x, x));
        assertEquals(List.of(6L), Operators.find("aten::sym_numel").call(x));
        assertEquals(List.of(1.0), Operators.find("aten::item").call(Torch.ones(1)));
        assertEquals(3, Operators.find("aten::unbind.int").callTensors(x, 1).size());
        assertEquals(List.of(), Operators.find("aten::_foreach_neg_").call(List.of(x)));
        List<Tensor> made = Operators.find("aten::native_layer_norm_backward", "")
                .callTensors(x, x, new long[] {3}, Torch.zeros(2, 1), Torch.ones(2, 1), null, null, new boolean[] {
                    true, false, false
                });
        assertNull(made.get(2));
    }

    // -------------------------------------------------------------------------- refusing

    private static void refused(String words, Operator operator, Object... arguments) {
        TorchTypeException e = assertThrows(TorchTypeException.class, () -> operator.call(arguments));
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    @Test
    void wrongArgumentsAreNamed() {
        Tensor x = Torch.ones(2);
        Operator roll = Operators.find("aten::roll", "");
        refused("aten::roll: argument 'self': null was given; it takes Tensor (Tensor)", roll, null, 1);
        refused("argument 'shifts' (int[1]) is missing", roll, x);
        refused("aten::roll: argument 'shifts': the Double 1.5 was given; it takes int or long", roll, x, 1.5);
        refused("argument 'dims': element 1 is the String \"a\"", roll, x, 1, List.of(0, "a"));
        refused("takes at most 3 arguments, not 4", roll, x, 1, 0, 0);
        refused("argument 'tensors': element 1 is null", Operators.find("aten::cat", ""), Arrays.asList(x, null));
        refused(
                "argument 'dtype': the String \"float\" was given; it takes DType, or null (ScalarType?)",
                Operators.find("aten::sum", ""),
                x,
                "float");
        refused("argument 'self': null", Operators.find("aten::relu", ""), (Object[]) null);
        TorchTypeException e = assertThrows(
                TorchTypeException.class, () -> roll.with("shift", 1).call(x));
        assertTrue(e.getMessage().contains("aten::roll has no argument 'shift'"), e.getMessage());
        e = assertThrows(TorchTypeException.class, () -> roll.with("self", x).call(x, 1));
        assertTrue(e.getMessage().contains("'self' is given by place and by name"), e.getMessage());
        e = assertThrows(
                TorchTypeException.class, () -> Operators.find("aten::sort", "").callTensor(x));
        assertTrue(e.getMessage().contains("does not answer one tensor"), e.getMessage());
    }

    @Test
    void whatLibtorchRefusesIsItsException() {
        Tensor x = Torch.ones(2, 3);
        assertThrows(TorchException.class, () -> Operators.find("aten::mm", "").call(x, x));
        assertThrows(
                TorchIndexException.class,
                () -> Operators.find("aten::sum.dim_IntList").call(x, 9));
        Tensor closed = Torch.ones(1);
        closed.close();
        assertThrows(
                IllegalStateException.class, () -> Operators.find("aten::relu").call(closed));
    }
}
