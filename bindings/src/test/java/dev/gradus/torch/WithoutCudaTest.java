package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Without a CUDA device, what needs one says so in one line, and what does not need one works. */
class WithoutCudaTest {

    @BeforeEach
    void noDevice() {
        assumeFalse(Cuda.isAvailable(), "this machine has a CUDA device");
    }

    private static Map<String, Executable> calls() {
        Map<String, Executable> calls = new TreeMap<>();
        calls.put("requireAvailable", Cuda::requireAvailable);
        calls.put("deviceName", () -> Cuda.deviceName(0));
        calls.put("properties", () -> Cuda.properties(0));
        calls.put("currentDevice", Cuda::currentDevice);
        calls.put("setDevice", () -> Cuda.setDevice(0));
        calls.put("device guard", () -> Cuda.device(0));
        calls.put("synchronize", () -> Cuda.synchronize(0));
        calls.put("memory", () -> Cuda.memory(0));
        calls.put("memoryStats", () -> Cuda.memoryStats(0));
        calls.put("resetPeakMemory", () -> Cuda.resetPeakMemory(0));
        calls.put("setMemoryFraction", () -> Cuda.setMemoryFraction(0, 0.5));
        calls.put("emptyCache", Cuda::emptyCache);
        calls.put("stream", () -> CudaStream.create(0));
        calls.put("stream with priority", () -> CudaStream.create(0, -1));
        calls.put("highestPriority", CudaStream::highestPriority);
        calls.put("current stream", () -> CudaStream.current(0));
        calls.put("default stream", () -> CudaStream.defaultOf(0));
        calls.put("stream guard", () -> new CudaStream(0, 0).use());
        calls.put("stream synchronize", () -> new CudaStream(0, 0).synchronize());
        calls.put("stream isDone", () -> new CudaStream(0, 0).isDone());
        calls.put("stream address", () -> new CudaStream(0, 0).address());
        calls.put("event", CudaEvent::create);
        calls.put("timing event", CudaEvent::timing);
        calls.put("graph", () -> CudaGraph.capture(() -> {}));
        calls.put("graph pool", CudaGraph.Pool::create);
        calls.put("profiler", () -> Profiler.start(Profiler.Options.DEFAULT.cuda(true)));
        calls.put("factory", () -> Torch.ones(TensorOptions.of(Device.cuda()), 2));
        calls.put("generator", () -> Generator.on(Device.cuda(), 1));
        calls.put("default generator", () -> Generator.defaultOf(Device.cuda()));
        calls.put("to", () -> onTwo(x -> x.to(Device.cuda())));
        calls.put("to without blocking", () -> onTwo(x -> x.to(Device.cuda(0), true)));
        calls.put("pinMemory", () -> onTwo(Tensor::pinMemory));
        calls.put("recordStream", () -> onTwo(x -> x.recordStream(new CudaStream(0, 0))));
        return calls;
    }

    private static void onTwo(java.util.function.Consumer<Tensor> body) {
        try (var _ = TensorScope.open()) {
            body.accept(Torch.ones(2));
        }
    }

    @TestFactory
    Stream<DynamicTest> saysSoInOneLine() {
        return calls().entrySet().stream()
                .map(call -> DynamicTest.dynamicTest(call.getKey(), () -> assertSaysSo(call.getValue())));
    }

    private static void assertSaysSo(Executable call) {
        Class<? extends TorchException> type =
                Cuda.isBuilt() ? TorchException.class : TorchNotImplementedException.class;
        TorchException e = assertThrows(type, call);
        String start = Cuda.isBuilt() ? "no CUDA device can be used: " : "not built with CUDA: ";
        assertTrue(e.getMessage().startsWith(start), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }

    @Test
    void thereAreNoDevices() {
        assertEquals(0, Cuda.deviceCount());
        assertFalse(Cuda.isAvailable());
    }

    @Test
    void aTensorIsNotPinned() {
        try (Tensor x = Torch.ones(2)) {
            assertFalse(x.isPinned());
        }
    }

    @Test
    void aCopyToTheCpuNeedsNoDevice() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2);
            assertEquals(2, x.to(Device.cpu(), true).sum().item());
        }
    }

    @Test
    void rangesForNvidiasProfilersDoNothing() {
        try (Guard _ = Nvtx.range("outer");
                Guard _ = Nvtx.range("inner")) {
            Nvtx.mark("now");
        }
    }
}
