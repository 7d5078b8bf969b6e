package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Elements into tensors and out of them. */
class DataTest {

    private TensorScope scope;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    @Test
    void everyKindOfArrayComesBackAsItWent() {
        assertArrayEquals(new short[] {1, -2}, Torch.tensor(new short[] {1, -2}).toShortArray());
        assertArrayEquals(new int[] {1, -2}, Torch.tensor(new int[] {1, -2}).toIntArray());
        assertArrayEquals(new byte[] {1, -2}, Torch.tensor(new byte[] {1, -2}).toByteArray());
        assertArrayEquals(new boolean[] {true, false}, Torch.tensor(true, false).toBooleanArray());
        Complex[] numbers = {new Complex(1, -2), Complex.I};
        assertArrayEquals(numbers, Torch.tensor(numbers).toComplexArray());
        Tensor shaped = Torch.tensor(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
        assertArrayEquals(new long[] {3, 2}, shaped.shape());
        assertArrayEquals(new float[] {1, 3, 5}, shaped.get("..., 0").toFloatArray());
        assertEquals(0, Torch.tensor(new float[0]).toFloatArray().length);
    }

    @Test
    void aLargeArrayComesBackAsItWent() {
        int[] large = new int[1 << 20];
        Arrays.setAll(large, i -> i * 31);
        assertArrayEquals(large, Torch.tensor(large, 4, 1 << 18).toIntArray());
    }

    @Test
    void everyKindOfArrayHasItsDtype() {
        assertEquals(DType.INT16, Torch.tensor(new short[1]).dtype());
        assertEquals(DType.INT32, Torch.tensor(new int[1]).dtype());
        assertEquals(DType.INT64, Torch.tensor(1, 2).dtype());
        assertEquals(DType.UINT8, Torch.tensor(new byte[1]).dtype());
        assertEquals(DType.BOOL, Torch.tensor(new boolean[1]).dtype());
        assertEquals(DType.FLOAT32, Torch.tensor(1f).dtype());
        assertEquals(DType.FLOAT64, Torch.tensor(1.0).dtype());
        assertEquals(DType.COMPLEX128, Torch.tensor(Complex.I).dtype());
        assertEquals(DType.INT64, Torch.scalar(1).dtype());
        assertEquals(DType.FLOAT64, Torch.scalar(1.0).dtype());
        assertEquals(DType.BOOL, Torch.scalar(true).dtype());
        assertEquals(0, Torch.scalar(Complex.I).dim());
    }

    @Test
    void elementsAreConvertedOnTheWayOut() {
        Tensor x = Torch.tensor(1.75f, -2.5f, 0);
        assertArrayEquals(new double[] {1.75, -2.5, 0}, x.toDoubleArray());
        assertArrayEquals(new long[] {1, -2, 0}, x.toLongArray());
        assertArrayEquals(new boolean[] {true, true, false}, x.toBooleanArray());
        assertArrayEquals(new short[] {1, -2, 0}, x.to(DType.BFLOAT16).toShortArray());
        assertArrayEquals(new float[] {1.75f, -2.5f, 0}, x.to(DType.FLOAT8_E5M2).toFloatArray());
        assertArrayEquals(
                new int[] {-1}, Torch.tensor(0xffffffffL).to(DType.UINT32).toIntArray());
        assertEquals(new Complex(-2.5, 0), x.to(DType.COMPLEX64).toComplexArray()[1]);
    }

    @Test
    void imaginaryPartsAreNotLostSilently() {
        Tensor x = Torch.tensor(Complex.I);
        assertThrows(TorchTypeException.class, x::toFloatArray);
        assertThrows(TorchException.class, x::item);
        assertEquals(Complex.I, x.itemComplex());
        assertTrue(x.itemBoolean());
    }

    @Test
    void singleElementsAreRead() {
        assertEquals(1.5, Torch.scalar(1.5).item());
        assertEquals(3, Torch.tensor(new short[] {3}).itemLong());
        assertTrue(Torch.scalar(true).itemBoolean());
        assertFalse(Torch.scalar(0.0).itemBoolean());
        assertEquals(new Complex(2, 0), Torch.scalar(2).itemComplex());
        assertThrows(TorchException.class, () -> Torch.tensor(1f, 2f).itemBoolean());
    }

    @Test
    void nestedArraysGiveTheShape() {
        Tensor x = Torch.fromNested(new float[][][] {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 10}, {11, 12}}});
        assertArrayEquals(new long[] {3, 2, 2}, x.shape());
        assertEquals(7, x.get(1, 1, 0).item());
        assertArrayEquals(new long[] {2, 0}, Torch.fromNested(new long[2][0]).shape());
        assertEquals(DType.BOOL, Torch.fromNested(new boolean[][] {{true}}).dtype());
        assertThrows(TorchValueException.class, () -> Torch.fromNested(new int[][] {{1}, {2, 3}}));
        assertThrows(TorchValueException.class, () -> Torch.fromNested(new int[][] {{1}, null}));
        assertThrows(IllegalArgumentException.class, () -> Torch.fromNested("abc"));
        assertThrows(IllegalArgumentException.class, () -> Torch.fromNested(new Float[] {1f}));
    }

    @Test
    void aShapeThatDoesNotFitTheArrayIsRefused() {
        float[] six = new float[6];
        assertEquals(
                "the memory has 24 bytes, a float32 tensor of shape [2, 2] needs 16",
                assertThrows(TorchValueException.class, () -> Torch.tensor(six, 2, 2))
                        .getMessage());
        assertThrows(TorchException.class, () -> Torch.tensor(six, -2, -3));
        assertThrows(TorchException.class, () -> Torch.tensor(six, 1L << 62, 1L << 62));
        assertThrows(TorchValueException.class, () -> Torch.tensor(six, new long[0]));
    }

    @Test
    void bitsOfTypesThatJavaHasNotGoThroughMemory() {
        short[] bits = {Float.floatToFloat16(1.5f), Float.floatToFloat16(-2)};
        Tensor x = Torch.fromSegment(MemorySegment.ofArray(bits), DType.FLOAT16, 2);
        assertArrayEquals(new float[] {1.5f, -2}, x.toFloatArray());
        short[] back = new short[2];
        x.mul(2).copyTo(MemorySegment.ofArray(back));
        assertEquals(3, Float.float16ToFloat(back[0]));
    }

    @Test
    void buffersAreReadAndWrittenBetweenPositionAndLimit() {
        FloatBuffer heap =
                FloatBuffer.wrap(new float[] {9, 1, 2, 9}).position(1).limit(3);
        Tensor x = Torch.fromBuffer(heap, DType.FLOAT32, 2);
        assertArrayEquals(new float[] {1, 2}, x.toFloatArray());
        ByteBuffer direct = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        x.copyTo(direct);
        assertEquals(2, direct.getFloat(4));
        assertEquals(0, direct.position());
        x.copyFrom(FloatBuffer.wrap(new float[] {5, 6}));
        assertArrayEquals(new float[] {5, 6}, x.toFloatArray());
        assertThrows(IllegalArgumentException.class, () -> x.copyTo(direct.asReadOnlyBuffer()));
        assertThrows(TorchValueException.class, () -> x.copyTo(FloatBuffer.allocate(3)));
    }

    @Test
    void aTensorOfAnyLayoutIsReadAndWrittenInRowMajorOrder() {
        Tensor x = Torch.tensor(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose(0, 1);
        float[] out = new float[6];
        x.copyTo(MemorySegment.ofArray(out));
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, out);
        x.copyFrom(MemorySegment.ofArray(new float[] {10, 11, 12, 13, 14, 15}));
        assertArrayEquals(
                new float[] {10, 12, 14, 11, 13, 15}, x.transpose(0, 1).toFloatArray());
    }

    @Test
    void memoryThatIsClosedOrOfAnotherThreadIsRefused() {
        Arena arena = Arena.ofConfined();
        MemorySegment memory = arena.allocate(8, 8);
        arena.close();
        assertThrows(IllegalStateException.class, () -> Torch.fromSegment(memory, DType.INT64, 1));
        Tensor x = Torch.tensor(1L);
        assertThrows(IllegalStateException.class, () -> x.copyTo(memory));
        assertThrows(IllegalStateException.class, () -> x.copyFrom(memory));
        assertEquals(1, x.itemLong());
    }

    @Test
    void aMappedFileIsReadAndWritten(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("floats");
        Files.write(file, new byte[16]);
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 16, arena);
            Tensor x = Torch.tensor(1f, 2f, 3f, 4f);
            x.copyTo(map);
            assertArrayEquals(
                    new float[] {1, 2, 3, 4},
                    Torch.fromSegment(map, DType.FLOAT32, 4).toFloatArray());
            Tensor columns = Torch.zeros(2, 2).transpose(0, 1);
            columns.copyFrom(map);
            assertArrayEquals(new float[] {1, 2, 3, 4}, columns.toFloatArray());
            assertArrayEquals(
                    new float[] {1, 2, 3, 4}, Torch.zeros(4).copyFrom(map).toFloatArray());
        }
    }

    @Test
    void gradientsNoticeThatElementsWereReplaced() {
        Tensor x = Torch.tensor(2f).requiresGrad_(true);
        Tensor y = x.mul(1);
        Tensor z = y.mul(y);
        y.detach().copyFrom(MemorySegment.ofArray(new float[] {5}));
        TorchException e = assertThrows(TorchException.class, () -> z.sum().backward());
        assertTrue(e.getMessage().contains("modified by an inplace operation"), e.getMessage());
    }

    @Test
    void aViewOfTheMemoryIsOfEveryDtype() {
        for (DType dtype : List.of(
                DType.BOOL, DType.UINT8, DType.INT16, DType.FLOAT16, DType.BFLOAT16, DType.COMPLEX64, DType.UINT64)) {
            Tensor x = Torch.zeros(TensorOptions.of(dtype), 3);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment view = x.data(arena);
                assertEquals(3L * dtype.byteSize(), view.byteSize());
                view.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            }
            assertTrue(x.toComplexArray()[0].abs() > 0, dtype.toString());
        }
    }

    @Test
    void aViewOfTheMemorySeesChangesInPlaceAndEndsWithItsArena() {
        Arena arena = Arena.ofShared();
        Tensor x = Torch.zeros(2);
        MemorySegment view = x.data(arena);
        MemorySegment readOnly = view.asReadOnly();
        x.add_(3);
        assertEquals(3, view.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        assertThrows(IllegalArgumentException.class, () -> readOnly.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1));
        long handles = LiveHandles.settled();
        x.close();
        assertEquals(3, view.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        arena.close();
        assertTrue(Torch.liveHandles() <= handles - 2);
        assertThrows(IllegalStateException.class, () -> view.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
    }

    @Test
    void memoryThatIsNotThereAsSuchHasNoView() {
        Tensor x = Torch.zeros(2, 3).transpose(0, 1);
        assertThrows(TorchValueException.class, () -> x.data(Arena.ofAuto()));
        Arena closed = Arena.ofConfined();
        closed.close();
        long handles = LiveHandles.settled();
        Tensor y = Torch.zeros(2);
        assertThrows(IllegalStateException.class, () -> y.data(closed));
        assertTrue(Torch.liveHandles() <= handles + 1);
    }
}
