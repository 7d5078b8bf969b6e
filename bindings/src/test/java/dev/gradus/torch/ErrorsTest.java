package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is wrong becomes an exception of the right type with libtorch's words, and the program goes on. */
class ErrorsTest {

    private static <E extends RuntimeException> E refused(Class<E> type, Executable call) {
        E e = assertThrows(type, call);
        assertNotNull(e.getMessage());
        assertFalse(e.getMessage().contains("C++"), e.getMessage());
        return e;
    }

    @Test
    void shapesThatDoNotFit() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2, 3);
            TorchException e = refused(TorchException.class, () -> x.matmul(x));
            assertEquals("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", e.getMessage());
            refused(TorchException.class, () -> x.add(Torch.ones(4)));
            refused(TorchException.class, () -> x.reshape(4));
            refused(TorchException.class, () -> Torch.zeros(-1));
        }
    }

    @Test
    void dimensionsOutOfRange() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2, 3);
            refused(TorchIndexException.class, () -> x.sum(2));
            refused(TorchIndexException.class, () -> x.select(0, 5));
            refused(TorchIndexException.class, () -> x.size(-3));
        }
    }

    @Test
    void moreMemoryThanThereIs() {
        try (var _ = TensorScope.open()) {
            refused(TorchOutOfMemoryException.class, () -> Torch.empty(1L << 40, 1L << 10));
            assertEquals(3, Torch.ones(3).sum().item());
        }
    }

    @Test
    void memoryBeyondTheLimit() {
        try (var _ = TensorScope.open()) {
            Torch.setAllocationLimit(1 << 20);
            var e = refused(TorchOutOfMemoryException.class, () -> Torch.ones(1 << 20));
            assertTrue(e.getMessage().contains("4194304 bytes were asked for"), e.getMessage());
            refused(TorchValueException.class, () -> Torch.setAllocationLimit(-1));
        } finally {
            Torch.setAllocationLimit(0);
        }
    }

    @Test
    void aResizeWithoutMemoryForItLeavesTheTensorEmpty() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(3);
            refused(TorchOutOfMemoryException.class, () -> x.resize_(1L << 40));
            assertEquals(0, x.numel());
            assertEquals(0, x.add(1).sum().item());
        }
    }

    /** Where libtorch finds out too late, it leaves the tensor with a shape that is none. */
    @Test
    void aRefusedShapeOrStorageLeavesTheTensorAsItWas() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.tensor(1f, 2f, 3f);
            for (long[] shape : new long[][] {{2, -1, 0}, {Long.MAX_VALUE, 4}, {1L << 61, 2}}) {
                refused(TorchValueException.class, () -> x.resize_(shape));
            }
            refused(TorchTypeException.class, () -> x.set_(Torch.ones(1).to(DType.BFLOAT16)));
            refused(TorchValueException.class, () -> x.asStrided_(new long[] {}, new long[] {}, Long.MAX_VALUE));
            refused(
                    TorchValueException.class,
                    () -> x.asStridedScatter(Torch.ones(1), new long[] {1}, new long[] {1L << 60}));
            Operator set = Operators.find("aten::set_", "source_Tensor_storage_offset");
            for (Object[] place : new Object[][] {
                {1L << 62, new long[] {1}, new long[] {1}},
                {0L, new long[] {-2, 0}, new long[] {1, 1}},
                {0L, new long[] {1}, new long[] {1L << 60}},
            }) {
                refused(TorchValueException.class, () -> set.call(x, Torch.ones(3), place[0], place[1], place[2]));
            }
            assertArrayEquals(new float[] {1, 2, 3}, x.toFloatArray());
            Tensor packed = Torch.ones(5).newEmpty(TensorOptions.of(DType.QUINT4X2), 5);
            refused(TorchException.class, () -> packed.add(Torch.ones(7)));
            assertEquals(5, packed.numel());
        }
    }

    /** Each of these kills a Python that calls it, or keeps it busy without end. */
    @Test
    void whatLibtorchDoesNotCheckItself() {
        try (var _ = TensorScope.open()) {
            Tensor square = Torch.eye(3);
            refused(TorchValueException.class, () -> Linalg.matrixPower(square, Long.MIN_VALUE));
            refused(TorchValueException.class, () -> square.tensorSplit(1L << 40, 0));
            refused(TorchLinearAlgebraException.class, () -> Linalg.eigvals(square.mul(Double.NaN)));
            refused(
                    TorchException.class,
                    () -> Linalg.luUnpack(square, Torch.tensor(1L).to(DType.INT32)));
            refused(
                    TorchValueException.class,
                    () -> Linalg.luUnpack(square, Torch.tensor(1L, 2L, 9L).to(DType.INT32)));
            refused(TorchValueException.class, () -> square.asStrided(new long[] {1}, Long.MAX_VALUE));
            refused(
                    IllegalArgumentException.class,
                    () -> dev.gradus.torch.nn.Init.truncNormal_(square, Double.NaN, 1, -2, 2, null));
            refused(
                    IllegalArgumentException.class,
                    () -> dev.gradus.torch.nn.Init.truncNormal_(square, 1e300, 1, -2, 2, null));
            refused(TorchValueException.class, () -> Torch.arange(0, Long.MIN_VALUE, -1));
            refused(TorchValueException.class, () -> Torch.ones(0).chunk(1L << 40, 0));
            assertEquals(3, square.chunk(1L << 40, 0).length);
            for (Tensor wide :
                    new Tensor[] {Torch.ones(1L << 40, 0), Torch.ones(1).expand(1L << 40)}) {
                refused(TorchValueException.class, () -> wide.unbind(0));
                refused(TorchValueException.class, () -> wide.split(2, 0));
                refused(TorchValueException.class, () -> wide.chunk(1L << 40, 0));
            }
            Operator pool = Operators.find("aten::max_pool1d");
            Tensor signal = Torch.ones(1, 2, 3);
            refused(TorchValueException.class, () -> pool.call(signal, new long[] {Long.MAX_VALUE}));
            refused(
                    TorchValueException.class,
                    () -> pool.call(signal, new long[] {2}, new long[] {1}, new long[] {0}, new long[] {1L << 62}));
            Tensor far = Torch.tensor(-1e12 - 0.5);
            refused(TorchValueException.class, () -> far.polygamma(2));
            refused(TorchValueException.class, () -> Special.zeta(Torch.tensor(3.0), far));
            assertEquals(
                    Double.POSITIVE_INFINITY,
                    Special.zeta(Torch.tensor(3.0), Torch.tensor(-1e12)).item());
            refused(TorchValueException.class, () -> Special.laguerrePolynomialL(square, 1L << 40));
            refused(IllegalArgumentException.class, () -> dev.gradus.torch.nn.Init.dirac_(square, 0));
        }
    }

    @Test
    void aMaximumOutsideOfTheInput() {
        try (var _ = TensorScope.open()) {
            Tensor input = Torch.ones(1, 1, 2, 2, 2);
            Tensor gradient = Torch.ones(1, 1, 1, 1, 1);
            Tensor outside = Torch.full(new long[] {1, 1, 1, 1, 1}, 1L << 40).to(DType.INT64);
            long[] all = {2, 2, 2};
            Object[] window = {all, all, new long[] {0, 0, 0}, new long[] {1, 1, 1}, false};
            var flat = new Tensor[] {
                gradient.squeeze(0), input.squeeze(0).narrow(1, 0, 1).squeeze(1), outside.squeeze(0)
            };
            assertIndexRefused("max_pool3d_with_indices_backward", gradient, input, window, outside);
            assertIndexRefused("adaptive_max_pool3d_backward", gradient, input, outside);
            assertIndexRefused("fractional_max_pool3d_backward", gradient, input, all, all, outside);
            assertIndexRefused("adaptive_max_pool2d_backward", flat[0], flat[1], flat[2]);
        }
    }

    private static void assertIndexRefused(String operator, Object... arguments) {
        Object[] all = Arrays.stream(arguments)
                .flatMap(a -> a.getClass() == Object[].class ? Arrays.stream((Object[]) a) : Stream.of(a))
                .toArray();
        refused(
                TorchIndexException.class,
                () -> Operators.find("aten::" + operator).call(all));
    }

    @Test
    void aMessageWithinAMessageHasNoStackEither() {
        try (var _ = TensorScope.open()) {
            TorchException e = refused(TorchException.class, () -> Torch.ones(6).unflatten(0, new long[] {4, 4}));
            assertFalse(e.getMessage().contains("frame #"), e.getMessage());
        }
    }

    @Test
    void aSingleElementIsAskedOfManyOrOfFloats() {
        try (var _ = TensorScope.open()) {
            refused(TorchException.class, () -> Torch.ones(2).item());
            TorchTypeException e =
                    refused(TorchTypeException.class, () -> Torch.ones(1).itemLong());
            assertTrue(e.getMessage().contains("float32"), e.getMessage());
        }
    }

    @Test
    void aClosedTensor() {
        Tensor x = Torch.ones(2);
        x.close();
        x.close();
        assertTrue(x.isClosed());
        refused(IllegalStateException.class, x::dim);
        refused(IllegalStateException.class, () -> x.add(1));
        refused(IllegalStateException.class, () -> Torch.ones(2).add(x));
        refused(IllegalStateException.class, x::toFloatArray);
        assertEquals("tensor(closed)", x.toString());
    }

    @Test
    void aClosedGenerator() {
        Generator generator = Generator.cpu(1);
        generator.close();
        generator.close();
        refused(IllegalStateException.class, () -> Torch.randn(generator, 2));
    }

    @Test
    void aStateThatIsNone() {
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1)) {
            refused(TorchException.class, () -> generator.setState(Torch.zeros(TensorOptions.of(DType.UINT8), 3)));
        }
    }

    @Test
    void cudaWithoutCuda() {
        org.junit.jupiter.api.Assumptions.assumeFalse(Torch.hasCuda(), "this libtorch has CUDA");
        assertFalse(Torch.cudaIsAvailable());
        TorchNotImplementedException e = refused(TorchNotImplementedException.class, () -> Cuda.synchronize(0));
        assertTrue(e.getMessage().startsWith("not built with CUDA"), e.getMessage());
        refused(TorchException.class, () -> Torch.ones(TensorOptions.of(Device.cuda()), 2));
    }

    @Test
    void threadsBelowOne() {
        TorchValueException e = refused(TorchValueException.class, () -> Torch.setNumThreads(0));
        assertEquals("the number of threads is 0, it must be at least 1", e.getMessage());
    }

    @Test
    void devicesMisspelt() {
        IllegalArgumentException e = refused(IllegalArgumentException.class, () -> Device.parse("gpu"));
        assertEquals("'gpu' is no device; write cpu, cuda or cuda:N", e.getMessage());
        assertEquals(Device.cuda(1), Device.parse("cuda:1"));
    }
}
