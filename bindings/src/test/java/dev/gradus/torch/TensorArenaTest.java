package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors over memory of Java, and who may free it when. */
class TensorArenaTest {

    @Test
    void whatOneWritesTheOtherReads() {
        try (var arena = TensorArena.open();
                var _ = TensorScope.open()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6);
            Tensor x = arena.tensor(memory, DType.FLOAT32, 2, 3);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, x.toFloatArray());
            x.mul_(2);
            assertEquals(12, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 5));
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, 0, -1);
            assertEquals(-1, x.get(0, 0).item());
        }
    }

    @Test
    void memoryIsAlignedAsLibtorchsOwn() {
        try (var arena = TensorArena.open()) {
            for (int i = 0; i < 10; i++) {
                assertEquals(0, arena.allocate(3, 1).address() % 64);
            }
            assertEquals(0, arena.allocate(8, 4096).address() % 4096);
        }
    }

    @Test
    void itStaysOpenAsLongAsATensorUsesIt() {
        var arena = TensorArena.open();
        MemorySegment memory = arena.allocate(64);
        try (var _ = TensorScope.open()) {
            Tensor x = arena.tensor(memory, DType.FLOAT32, 4);
            Tensor y = arena.tensor(memory.asSlice(16), DType.FLOAT32, 4);
            Tensor view = x.get(Index.range(1, 3));
            assertEquals(2, arena.liveTensors());
            x.close();
            IllegalStateException e = assertThrows(IllegalStateException.class, arena::close);
            assertTrue(e.getMessage().startsWith("2 tensors still use"), e.getMessage());
            y.close();
            assertTrue(assertThrows(IllegalStateException.class, arena::close)
                    .getMessage()
                    .startsWith("1 tensor still uses"));
            assertEquals(0, view.sum().item());
        }
        assertEquals(0, arena.liveTensors());
        arena.close();
        assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, () -> arena.tensor(memory, DType.FLOAT32, 4));
        assertThrows(IllegalStateException.class, () -> arena.allocate(8));
        assertThrows(IllegalStateException.class, arena::close);
    }

    @Test
    void aGradientGraphKeepsItOpen() {
        var arena = TensorArena.open();
        try (var _ = TensorScope.open()) {
            Tensor w = Torch.ones(4).requiresGrad_(true);
            Tensor x = arena.tensor(arena.allocate(16), DType.FLOAT32, 4);
            Tensor loss = w.mul(x).sum();
            x.close();
            assertThrows(IllegalStateException.class, arena::close);
            loss.backward();
            assertEquals(0, arena.liveTensors());
        }
        arena.close();
    }

    @Test
    void aMemoryViewOfItsTensorKeepsItOpen() {
        var arena = TensorArena.open();
        Arena other = Arena.ofConfined();
        try (Tensor x = arena.tensor(arena.allocate(16), DType.FLOAT32, 4)) {
            assertEquals(16, x.data(other).byteSize());
        }
        assertThrows(IllegalStateException.class, arena::close);
        other.close();
        arena.close();
    }

    @Test
    void itsTensorsCannotGrow() {
        try (var arena = TensorArena.open();
                var _ = TensorScope.open()) {
            Tensor x = arena.tensor(arena.allocate(16), DType.FLOAT32, 4);
            assertThrows(
                    TorchException.class,
                    () -> Call.of(Operator.named("aten::resize_", ""))
                            .tensor(x)
                            .ints(1000)
                            .none()
                            .run());
        }
    }

    @Test
    void aMappedFileIsATensor(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("floats");
        Files.write(
                file,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.nativeOrder())
                        .putFloat(1.5f)
                        .putFloat(-2)
                        .array());
        try (var arena = TensorArena.open();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment map = channel.map(FileChannel.MapMode.PRIVATE, 0, 8, arena);
            try (Tensor x = arena.tensor(map, DType.FLOAT32, 2)) {
                assertArrayEquals(new float[] {1.5f, -2}, x.toFloatArray());
                x.add_(1);
                assertEquals(2.5f, map.get(ValueLayout.JAVA_FLOAT, 0));
            }
            MemorySegment readOnly = channel.map(FileChannel.MapMode.READ_ONLY, 0, 8, arena);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> arena.tensor(readOnly, DType.FLOAT32, 2))
                    .getMessage()
                    .contains("PRIVATE"));
        }
    }

    @Test
    void segmentsThatDoNotFitAreRefused() {
        try (var arena = TensorArena.open();
                Arena other = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(16);
            assertThrows(IllegalArgumentException.class, () -> arena.tensor(other.allocate(16), DType.FLOAT32, 4));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> arena.tensor(MemorySegment.ofArray(new float[4]), DType.FLOAT32, 4));
            assertThrows(IllegalArgumentException.class, () -> arena.tensor(memory.asReadOnly(), DType.FLOAT32, 4));
            assertEquals(
                    "the segment has 16 bytes, a float32 tensor of shape [5] needs 20",
                    assertThrows(TorchValueException.class, () -> arena.tensor(memory, DType.FLOAT32, 5))
                            .getMessage());
            assertThrows(TorchValueException.class, () -> arena.tensor(memory.asSlice(2), DType.FLOAT32, 2));
            assertThrows(TorchException.class, () -> arena.tensor(memory, DType.FLOAT32, -1));
            assertThrows(TorchException.class, () -> arena.tensor(memory, DType.FLOAT32, 1L << 62, 8));
            assertThrows(TorchTypeException.class, () -> arena.tensor(memory, DType.QINT8, 4));
            assertEquals(0, arena.liveTensors());
        }
    }

    @Test
    void anEmptyTensorIsCountedToo() {
        var arena = TensorArena.open();
        Tensor x = arena.tensor(arena.allocate(0), DType.FLOAT32, 0, 3);
        assertEquals(0, x.sum().item());
        assertThrows(IllegalStateException.class, arena::close);
        x.close();
        arena.close();
    }

    @Test
    void tensorsAndClosingFromManyThreadsNeverMeet() throws Exception {
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 10; round++) {
                var arena = TensorArena.open();
                MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_LONG, 1, 2, 3);
                CountDownLatch start = new CountDownLatch(1);
                Callable<Integer> worker = () -> {
                    start.await();
                    int made = 0;
                    try {
                        for (; made < 200; made++) {
                            try (Tensor x = arena.tensor(memory, DType.INT64, 3)) {
                                assertEquals(3, x.get(2).itemLong());
                            }
                        }
                    } catch (IllegalStateException closed) {
                        assertEquals("the arena is closed", closed.getMessage());
                    }
                    return made;
                };
                Future<Integer> first = pool.submit(worker);
                Future<Integer> second = pool.submit(worker);
                start.countDown();
                while (true) {
                    try {
                        arena.close();
                        break;
                    } catch (IllegalStateException inUse) {
                        assertTrue(inUse.getMessage().contains("still use"), inUse.getMessage());
                    }
                }
                assertTrue(first.get() >= 0 && second.get() >= 0);
                assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
            }
        }
    }
}
