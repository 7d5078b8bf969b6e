package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.torch.nn.F;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What needs a GPU. Without one these tests are skipped; {@code mvn -Pgpu} (docs/gpu.md) runs them and fails without
 * one.
 */
@Tag("gpu")
class CudaTest {

    private static final Device CUDA = Device.cuda(0);
    private static final TensorOptions ON_CUDA = TensorOptions.of(CUDA);
    private static final long GIB = 1L << 30;

    private TensorScope scope;

    @BeforeEach
    void needsADevice() {
        if (Boolean.getBoolean("gradus.gpu")) {
            Cuda.requireAvailable();
        }
        assumeTrue(Cuda.isAvailable(), "needs a GPU and a libtorch with CUDA");
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        if (scope != null) {
            scope.close();
        }
    }

    @Test
    void aDeviceTellsWhatItIs() {
        Cuda.Properties device = Cuda.properties(0);
        assertEquals(Cuda.deviceName(0), device.name());
        assertTrue(device.major() >= 5, device.toString());
        assertTrue(device.multiprocessors() > 0, device.toString());
        assertEquals(32, device.warpSize());
        assertEquals(Cuda.memory(0).total(), device.totalMemory());
        assertTrue(
                Cuda.versions().driver() >= Cuda.versions().runtime(),
                Cuda.versions().toString());
        assertThrows(TorchIndexException.class, () -> Cuda.properties(Cuda.deviceCount()));
        assertThrows(TorchIndexException.class, () -> Cuda.properties(-1));
    }

    @Test
    void productsAreThoseOfTheCpu() {
        try (Guard _ = Backends.TF32_MATMUL.setting(false)) {
            Tensor x = Torch.randn(Generator.cpu(1), 64, 64);
            float[] host = x.matmul(x).toFloatArray();
            float[] device = x.to(CUDA).matmul(x.to(CUDA)).toFloatArray();
            assertArrayEquals(host, device, 1e-4f); // sums of 64 products of float32, in another order
        }
    }

    @Test
    void tensorsOfTwoDevicesDoNotMix() {
        Tensor host = Torch.ones(2);
        TorchException e = assertThrows(TorchException.class, () -> host.matmul(host.to(CUDA)));
        assertTrue(e.getMessage().contains("same device"), e.getMessage());
    }

    @Test
    void memoryIsCounted() {
        Torch.ones(ON_CUDA, 1).close();
        long before = Cuda.memory(0).allocated();
        Cuda.resetPeakMemory(0);
        Torch.empty(ON_CUDA, 1 << 20).close();
        assertEquals(before, Cuda.memory(0).allocated());
        assertEquals(before + (4 << 20), Cuda.memory(0).peak());
        CudaMemoryStats stats = Cuda.memoryStats(0);
        assertEquals(before, stats.allocated().current());
        assertTrue(stats.reserved().current() >= stats.allocated().current(), stats.toString());
        Cuda.emptyCache();
        assertTrue(Cuda.memory(0).reserved() <= stats.reserved().current());
    }

    @Test
    void outOfMemoryIsAnExceptionAndTheProgramGoesOn() {
        long floats = Cuda.memory(0).total() / 4 + 1;
        assertThrows(TorchOutOfMemoryException.class, () -> Torch.empty(ON_CUDA, floats));
        assertEquals(3, Torch.ones(ON_CUDA, 3).sum().item());
    }

    @Test
    void memoryIsLimitedToAFraction() {
        Cuda.emptyCache();
        Cuda.setMemoryFraction(0, (double) GIB / 2 / Cuda.memory(0).total());
        try {
            assertThrows(TorchOutOfMemoryException.class, () -> Torch.empty(ON_CUDA, GIB / 4));
            assertEquals(1, Torch.ones(ON_CUDA, 1).item());
        } finally {
            Cuda.setMemoryFraction(0, 1);
        }
        assertThrows(TorchValueException.class, () -> Cuda.setMemoryFraction(0, 1.5));
        Torch.empty(ON_CUDA, GIB / 4).close();
    }

    @Test
    void aStreamIsCurrentUntilTheGuardIsClosed() {
        CudaStream before = CudaStream.current(0);
        CudaStream stream = CudaStream.create(0);
        assertNotEquals(before, stream);
        try (Guard _ = stream.use()) {
            assertEquals(stream, CudaStream.current(0));
        }
        assertEquals(before, CudaStream.current(0));
        assertEquals(0, CudaStream.defaultOf(0).number());
        assertNotEquals(0, stream.address());
    }

    @Test
    void prioritiesAreThoseOfTheDevice() {
        int highest = CudaStream.highestPriority();
        assertEquals(highest, CudaStream.create(0, highest).priority());
        assertEquals(0, CudaStream.create(0).priority());
        assertThrows(TorchValueException.class, () -> CudaStream.create(0, highest - 1));
        assertThrows(TorchValueException.class, () -> CudaStream.create(0, 1));
    }

    @Test
    void oneStreamWaitsForAnother() {
        CudaStream stream = CudaStream.create(0);
        Tensor x = Torch.zeros(ON_CUDA, 1 << 24);
        for (int i = 0; i < 20; i++) {
            x.add_(1);
        }
        Tensor sum;
        stream.waitFor(CudaStream.current(0));
        try (Guard _ = stream.use()) {
            sum = x.sum();
        }
        x.recordStream(stream);
        CudaStream.current(0).waitFor(stream);
        assertEquals(20.0 * (1 << 24), sum.item());
        stream.synchronize();
        assertTrue(stream.isDone());
    }

    @Test
    void eventsMeasureTime() {
        try (CudaEvent start = CudaEvent.timing();
                CudaEvent end = CudaEvent.timing();
                CudaEvent plain = CudaEvent.create()) {
            assertTrue(start.isDone(), "an event that was not recorded");
            Tensor x = Torch.ones(ON_CUDA, 2048, 2048);
            start.record();
            x.matmul(x);
            end.record();
            end.synchronize();
            assertTrue(end.isDone());
            double millis = start.elapsedMillis(end);
            assertTrue(millis > 0 && millis < 10_000, "took " + millis + " ms");
            assertThrows(TorchException.class, () -> plain.elapsedMillis(end));
        }
    }

    @Test
    void aClosedEventIsAnException() {
        CudaEvent event = CudaEvent.create();
        event.close();
        event.close();
        assertThrows(IllegalStateException.class, event::record);
    }

    @Test
    void pinnedMemoryIsCopiedWithoutBlocking() {
        Tensor host = Torch.arange(1000).to(DType.FLOAT32);
        assertFalse(host.isPinned());
        Tensor pinned = host.pinMemory();
        assertTrue(pinned.isPinned());
        Tensor device = pinned.to(CUDA, true);
        assertEquals(499_500, device.sum().item());
    }

    @Test
    void equalSeedsGiveEqualNumbers() {
        Torch.manualSeed(7);
        float[] first = Torch.randn(ON_CUDA, 5).toFloatArray();
        Torch.manualSeed(7);
        assertArrayEquals(first, Torch.randn(ON_CUDA, 5).toFloatArray());
        try (Generator generator = Generator.on(CUDA, 7)) {
            Tensor state = generator.state();
            float[] drawn = Torch.randn(generator, ON_CUDA, 5).toFloatArray();
            generator.setState(state);
            assertArrayEquals(drawn, Torch.randn(generator, ON_CUDA, 5).toFloatArray());
        }
    }

    // ----------------------------------------------------------------------- graphs

    @Test
    void aReplayReadsWhatItsInputHoldsThen() {
        Tensor input = Torch.zeros(ON_CUDA, 4);
        Tensor[] output = new Tensor[1];
        input.mul(2).add(1);
        try (CudaGraph graph = CudaGraph.capture(() -> output[0] = input.mul(2).add(1))) {
            for (int i = 0; i < 3; i++) {
                input.fill_(i);
                graph.replay();
                float y = 2 * i + 1;
                assertArrayEquals(new float[] {y, y, y, y}, output[0].toFloatArray());
            }
        }
    }

    @Test
    void graphsShareAPool() {
        Tensor input = Torch.ones(ON_CUDA, 1 << 20);
        CudaGraph.Pool pool = CudaGraph.Pool.create();
        CudaGraph.Options options = CudaGraph.Options.DEFAULT.pool(pool);
        Tensor[] output = new Tensor[2];
        try (CudaGraph first = CudaGraph.capture(options, () -> output[0] = input.add(1));
                CudaGraph second = CudaGraph.capture(options, () -> output[1] = output[0].add(1))) {
            assertEquals(pool, first.pool());
            assertEquals(pool, second.pool());
            first.replay();
            second.replay();
            assertEquals(3, output[1].mean().item());
        }
    }

    @Test
    void whatTheBodyThrowsReachesTheCaller() {
        CudaStream before = CudaStream.current(0);
        var thrown = new IllegalArgumentException("from the body");
        var e = assertThrows(
                IllegalArgumentException.class,
                () -> CudaGraph.capture(() -> {
                    Torch.ones(ON_CUDA, 3).add(1);
                    throw thrown;
                }));
        assertEquals(thrown, e);
        assertEquals(before, CudaStream.current(0));
        assertEquals(3, Torch.ones(ON_CUDA, 3).sum().item());
        aReplayReadsWhatItsInputHoldsThen();
    }

    @Test
    void whatCannotBeCapturedIsAnException() {
        Tensor x = Torch.ones(ON_CUDA, 3);
        assertThrows(TorchException.class, () -> CudaGraph.capture(() -> x.sum().item()));
        assertEquals(3, x.sum().item());
        aReplayReadsWhatItsInputHoldsThen();
    }

    @Test
    void aClosedGraphIsAnException() {
        Tensor x = Torch.ones(ON_CUDA, 3);
        CudaGraph graph = CudaGraph.capture(() -> x.add_(1));
        graph.close();
        assertThrows(IllegalStateException.class, graph::replay);
    }

    // ---------------------------------------------------------------------- profilers

    @Test
    void theProfilerSeesKernels() {
        Tensor x = Torch.ones(ON_CUDA, 64, 64);
        try (Profiler profiler = Profiler.start(Profiler.Options.DEFAULT.cuda(true))) {
            x.matmul(x);
            Cuda.synchronize(0);
            try (Profile profile = profiler.stop()) {
                List<Profile.Event> kernels = profile.events().stream()
                        .filter(Profile.Event::onDevice)
                        .toList();
                assertFalse(kernels.isEmpty());
            }
        }
    }

    @Test
    void rangesForNvidiasProfilersNest() {
        try (Guard _ = Nvtx.range("outer");
                Guard _ = Nvtx.range("inner")) {
            Nvtx.mark("now");
        }
    }

    @Test
    void attentionIsTheSameInAllBackends() {
        Tensor q = Torch.randn(Generator.cpu(3), 2, 4, 16, 32).to(CUDA).to(DType.FLOAT16);
        Backends[] all = {Backends.SDP_FLASH, Backends.SDP_MEM_EFFICIENT, Backends.SDP_MATH, Backends.SDP_CUDNN};
        float[] expected = null;
        for (Backends one : List.of(Backends.SDP_MATH, Backends.SDP_MEM_EFFICIENT)) {
            for (Backends backend : all) {
                backend.set(backend == one);
            }
            float[] result =
                    F.scaledDotProductAttention(q, q, q).to(DType.FLOAT32).toFloatArray();
            if (expected != null) {
                assertArrayEquals(expected, result, 4e-3f); // half: 10 bits of mantissa
            }
            expected = result;
        }
        for (Backends backend : all) {
            backend.set(true);
        }
    }
}
