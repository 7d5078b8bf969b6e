package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values are those that Python prints on the same libtorch, unless they follow from the definition. */
class TensorTest {

    private TensorScope scope;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    private static Tensor example() {
        return Torch.fromArray(new float[] {1, 2, 3, 4, 5, 7}, 2, 3);
    }

    @Test
    void anArrayComesBackAsItWent() {
        assertArrayEquals(new float[] {1.5f, -2}, Torch.tensor(1.5f, -2).toFloatArray());
        assertArrayEquals(new double[] {1.5, -2}, Torch.tensor(1.5, -2).toDoubleArray());
        assertArrayEquals(new long[] {1L << 40, -2}, Torch.tensor(1L << 40, -2).toLongArray());
        assertArrayEquals(new int[] {3, 4}, Torch.fromArray(new int[] {3, 4}, 2).toIntArray());
        assertArrayEquals(
                new byte[] {(byte) 200, 1},
                Torch.fromArray(new byte[] {(byte) 200, 1}, 2).toByteArray());
        assertArrayEquals(new long[] {1, 0}, Torch.tensor(true, false).toLongArray());
    }

    @Test
    void aTransposedTensorIsReadInItsOwnOrder() {
        assertArrayEquals(
                new float[] {1, 4, 2, 5, 3, 7}, example().transpose(0, 1).toFloatArray());
    }

    @Test
    void queriesAnswerWhatTheTensorIs() {
        Tensor x = example();
        assertEquals(2, x.dim());
        assertEquals(6, x.numel());
        assertArrayEquals(new long[] {2, 3}, x.shape());
        assertArrayEquals(new long[] {3, 1}, x.strides());
        assertEquals(3, x.size(-1));
        assertEquals(DType.FLOAT32, x.dtype());
        assertEquals(Device.cpu(), x.device());
        assertTrue(x.isContiguous());
        assertFalse(x.transpose(0, 1).isContiguous());
    }

    @Test
    void everyDtypeHasItsSize() {
        for (DType dtype : DType.values()) {
            if (dtype == DType.COMPLEX32) {
                continue; // libtorch prints a warning that it is experimental
            }
            Tensor x = Torch.empty(TensorOptions.of(dtype), 3);
            assertEquals(dtype, x.dtype());
            assertEquals(3L * dtype.byteSize(), x.data(Arena.ofAuto()).byteSize());
        }
    }

    @Test
    void pointwiseOperatorsHavePythonsBits() {
        float[] row = {1, 2, 3};
        Tensor x = Torch.tensor(row);
        assertArrayEquals(
                new float[] {0x1.5bf0a8p+1f, 0x1.d8e64cp+2f, 0x1.415e5cp+4f},
                x.exp().toFloatArray());
        assertArrayEquals(
                new float[] {0, 0x1.62e430p-1f, 0x1.193ea8p+0f}, x.log().toFloatArray());
        assertArrayEquals(
                new float[] {1, 0x1.6a09e6p-1f, 0x1.279a74p-1f}, x.rsqrt().toFloatArray());
        assertArrayEquals(
                new float[] {0x1.764d50p-1f, 0x1.c2f7d4p+0f, 0x1.6dc9dap+1f},
                x.silu().toFloatArray(),
                3e-7f);
        assertArrayEquals(
                new float[] {0x1.af767ap-1f, 0x1.fd9ae2p-1f, 0x1.fffd1ap-1f},
                x.erf().toFloatArray(),
                2e-7f);
        assertArrayEquals(
                new float[] {0.84134471f, 1.95449972f, 2.99594974f}, x.gelu().toFloatArray(), 6e-7f);
    }

    @Test
    void integersStayIntegersWithAnIntegerAndBecomeFloatsWithADouble() {
        Tensor x = Torch.tensor(1L, 2L);
        assertEquals(DType.INT64, x.add(1).dtype());
        assertArrayEquals(new long[] {2, 3}, x.add(1).toLongArray());
        assertEquals(DType.FLOAT32, x.add(0.5).dtype());
        assertArrayEquals(new float[] {1.5f, 2.5f}, x.add(0.5).toFloatArray());
        assertEquals(DType.BOOL, x.eq(1).dtype());
    }

    @Test
    void operandsBroadcast() {
        Tensor y = example().sub(Torch.tensor(1f, 2f, 3f)).mul(Torch.fromArray(new float[] {1, 10}, 2, 1));
        assertArrayEquals(new float[] {0, 0, 0, 30, 30, 40}, y.toFloatArray());
    }

    @Test
    void reductionsAgreeWithPython() {
        Tensor x = example();
        assertEquals(22, x.sum().item());
        assertArrayEquals(new float[] {5, 7, 10}, x.sum(0).toFloatArray());
        assertArrayEquals(new long[] {2, 1}, x.mean(new long[] {1}, true).shape());
        assertEquals(4.666666507720947, x.var().item());
        assertArrayEquals(
                new float[] {1.5f, 1.5f, 2}, x.std(new long[] {0}, 0, false).toFloatArray());
        assertArrayEquals(
                new float[] {4.0485873f, 5.0485873f, 7.0181499f}, x.logsumexp(0).toFloatArray(), 1e-6f);
        assertArrayEquals(
                new float[] {0.04201007f, 0.11419519f, 0.84379470f},
                x.softmax(1).select(0, 1).toFloatArray(),
                1e-7f);
        assertArrayEquals(new long[] {1, 1, 1}, x.argmax(0, false).toLongArray());
        assertArrayEquals(new float[] {1, 3, 6, 4, 9, 16}, x.cumsum(1).toFloatArray());
        assertEquals(Math.sqrt(104), x.norm().item(), 1e-6);
        ValuesIndices top = x.topk(2, 1, true);
        assertArrayEquals(new float[] {3, 2, 7, 5}, top.values().toFloatArray());
        assertArrayEquals(new long[] {2, 1, 2, 1}, top.indices().toLongArray());
    }

    @Test
    void shapesChangeWithoutChangingElements() {
        Tensor x = example();
        assertArrayEquals(new long[] {3, 2}, x.reshape(-1, 2).shape());
        assertArrayEquals(new long[] {3, 1, 2}, x.permute(1, 0).unsqueeze(1).shape());
        assertArrayEquals(new long[] {2, 2, 3}, x.expand(2, -1, -1).shape());
        assertArrayEquals(new float[] {2, 3, 5, 7}, x.narrow(1, 1, 2).toFloatArray());
        assertArrayEquals(new float[] {1, 3, 4, 7}, x.slice(1, 0, 3, 2).toFloatArray());
        assertArrayEquals(
                new float[] {4, 5, 7, 1, 2, 3},
                x.indexSelect(0, Torch.tensor(1L, 0L)).toFloatArray());
        assertArrayEquals(new float[] {4, 5, 7, 1, 2, 3}, x.flip(0).toFloatArray());
        assertEquals(3, x.chunk(3, 1).length);
        assertArrayEquals(new float[] {3, 7}, x.split(2, 1)[1].toFloatArray());
        assertArrayEquals(new long[] {4, 3}, Torch.cat(List.of(x, x), 0).shape());
        assertArrayEquals(new long[] {2, 2, 3}, Torch.stack(List.of(x, x), 1).shape());
    }

    @Test
    void inPlaceOperatorsReturnTheTensorItself() {
        Tensor x = Torch.zeros(2);
        assertTrue(x == x.add_(2).mul_(Torch.tensor(1f, 2f)));
        assertArrayEquals(new float[] {2, 4}, x.toFloatArray());
        assertArrayEquals(new float[] {2, 3}, x.clamp_(0, 3).toFloatArray());
        assertArrayEquals(new float[] {1, 1.5f}, x.lerp_(Torch.zeros(2), 0.5).toFloatArray());
    }

    @Test
    void generatorsOfOneSeedGivePythonsNumbers() {
        try (Generator generator = Generator.cpu(42)) {
            assertArrayEquals(
                    new float[] {0x1.58c55cp-2f, 0x1.07cd3ap-3f, 0x1.e02dcep-3f, 0x1.d7b8d8p-3f},
                    Torch.randn(generator, 4).toFloatArray());
            assertArrayEquals(
                    new float[] {0x1.e1acccp-1f, 0x1.10c3c8p-3f, 0x1.de83a4p-1f},
                    Torch.rand(generator, 3).toFloatArray());
            assertArrayEquals(
                    new long[] {14, 210, 954, 231, 572},
                    Torch.randint(0, 1000, generator, 5).toLongArray());
            assertArrayEquals(
                    new long[] {5, 1, 0, 4, 2, 3}, Torch.randperm(6, generator).toLongArray());
        }
    }

    @Test
    void aGeneratorsStateCanBeRestored() {
        try (Generator generator = Generator.cpu(1);
                Generator other = Generator.cpu(2)) {
            Torch.randn(generator, 7);
            other.setState(generator.state());
            assertArrayEquals(
                    Torch.randn(generator, 5).toFloatArray(),
                    Torch.randn(other, 5).toFloatArray());
        }
    }

    @Test
    void aViewOfTheMemorySeesChangesAndOutlivesTheTensor() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.zeros(3);
            MemorySegment view = x.data(arena);
            view.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 5);
            assertArrayEquals(new float[] {0, 5, 0}, x.toFloatArray());
            x.close();
            assertEquals(5, view.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        }
    }

    @Test
    void halfPrecisionIsRoundedAsIeee754Says() {
        Tensor x = Torch.tensor(1.00390625f); // 1 + 2^-8, between two bfloat16
        assertEquals(1, x.to(DType.BFLOAT16).item());
        assertEquals(1.00390625, x.to(DType.FLOAT16).item());
    }

    @Test
    void channelsLastChangesTheOrderInMemoryOnly() {
        Tensor x = Torch.arange(24).reshape(1, 2, 3, 4);
        Tensor y = x.to(MemoryFormat.CHANNELS_LAST);
        assertTrue(y.isContiguous(MemoryFormat.CHANNELS_LAST));
        assertArrayEquals(new long[] {24, 1, 8, 2}, y.strides());
        assertArrayEquals(x.toLongArray(), y.toLongArray());
    }

    @Test
    void memoryOfAnotherSizeIsRefused() {
        TorchValueException e = assertThrows(
                TorchValueException.class,
                () -> Torch.fromSegment(MemorySegment.ofArray(new byte[7]), DType.FLOAT32, 2));
        assertEquals("the memory has 7 bytes, a float32 tensor of shape [2] needs 8", e.getMessage());
    }
}
