package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AutogradModesTest extends CallbacksTesting {

    @Test
    void guardsAreClosedInnermostFirst() {
        Guard outer = Autograd.noGrad();
        Guard inner = Autocast.open(Device.Type.CPU, DType.BFLOAT16);
        assertThrows(IllegalStateException.class, outer::close);
        assertFalse(Autograd.isGradEnabled());
        inner.close();
        inner.close();
        assertFalse(Autocast.isEnabled(Device.Type.CPU));
        outer.close();
        assertTrue(Autograd.isGradEnabled());
    }

    @Test
    void aGuardIsClosedByItsThread() throws InterruptedException {
        try (Guard guard = Autograd.noGrad()) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread.ofPlatform()
                    .start(() -> thrown.set(assertThrows(WrongThreadException.class, guard::close)))
                    .join();
            assertInstanceOf(WrongThreadException.class, thrown.get());
            assertFalse(Autograd.isGradEnabled());
        }
        assertTrue(Autograd.isGradEnabled());
    }

    private static Stream<Named<Executable>> whatStaysWithAThread() {
        return Stream.of(
                Named.of("noGrad", Autograd::noGrad),
                Named.of("inferenceMode", Autograd::inferenceMode),
                Named.of("autocast", () -> Autocast.open(Device.Type.CPU, DType.BFLOAT16)),
                Named.of("profiler", Profiler::start),
                Named.of("profiler range", () -> Profiler.range("r")),
                Named.of("NVTX range", () -> Nvtx.range("r")),
                Named.of("CUDA device", () -> Cuda.device(0)),
                Named.of("CUDA graph", () -> CudaGraph.capture(() -> {})),
                Named.of("checkpoint", () -> Autograd.checkpoint(Tensor::neg, Torch.ones(1))));
    }

    @ParameterizedTest
    @MethodSource("whatStaysWithAThread")
    void aVirtualThreadIsRefused(Executable opening) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread.ofVirtual()
                .start(() -> {
                    try (var _ = TensorScope.open()) {
                        opening.execute();
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                })
                .join();
        assertEquals(IllegalStateException.class, thrown.get().getClass());
        assertTrue(
                thrown.get().getMessage().contains("platform threads"),
                thrown.get().getMessage());
    }

    @Test
    void aVirtualThreadMayUseTensors() throws InterruptedException {
        AtomicReference<Object> read = new AtomicReference<>();
        Thread.ofVirtual()
                .start(() -> {
                    try (Tensor three = Torch.tensor(3f)) {
                        read.set(three.toFloatArray());
                    }
                })
                .join();
        assertArrayEquals(new float[] {3}, (float[]) read.get());
    }

    @Test
    void tensorsOfInferenceModeStayOutsideOfGraphs() {
        Tensor x = leaf(2);
        Tensor made;
        try (Guard _ = Autograd.inferenceMode()) {
            assertTrue(Autograd.isInferenceModeEnabled());
            assertFalse(Autograd.isGradEnabled());
            made = x.mul(3);
        }
        assertFalse(Autograd.isInferenceModeEnabled());
        assertTrue(made.isInference());
        assertFalse(x.isInference());
        assertThrows(TorchException.class, made::version);
        assertTrue(assertThrows(TorchException.class, () -> x.mul(made))
                .getMessage()
                .contains("Inference tensors cannot be saved for backward"));
    }

    @Test
    void changesInPlaceAreCounted() {
        Tensor x = Torch.ones(2);
        long before = x.version();
        x.add_(1);
        x.view(1, 2).mul_(2);
        assertEquals(before + 2, x.version());
    }

    @Test
    void whatBackwardNeedsMustNotBeChangedInPlace() {
        Tensor y = leaf(2).exp();
        Tensor z = y.square();
        y.add_(1);
        assertTrue(assertThrows(TorchException.class, z::backward)
                .getMessage()
                .contains("one of the variables needed for gradient computation has been modified by an inplace"
                        + " operation"));
    }

    @Test
    void anomalyModeNamesTheNodeAndShowsWhereItWasMade() {
        Tensor x = leaf(-1);
        try (Guard _ = Autograd.detectAnomaly()) {
            Tensor root = x.sqrt();
            TorchException thrown = assertThrows(TorchException.class, root::backward);
            assertTrue(thrown.getMessage().contains("SqrtBackward0"), thrown.getMessage());
            assertTrue(thrown.getMessage().contains("nan"), thrown.getMessage());
            Throwable made = thrown.getSuppressed()[0];
            assertTrue(made.getMessage().contains("SqrtBackward0"), made.getMessage());
            assertTrue(
                    Arrays.stream(made.getStackTrace())
                            .anyMatch(frame ->
                                    frame.getMethodName().equals("anomalyModeNamesTheNodeAndShowsWhereItWasMade")),
                    "the stack shows this test");
        }
        x.setGrad(null);
        x.sqrt().backward();
        assertTrue(Double.isNaN(x.grad().item()));
        try (Guard _ = Autograd.detectAnomaly(false)) {
            x.sqrt().backward();
        }
    }

    @Test
    void aTensorKnowsItsNodeAndKeepsItsGradientIfAsked() {
        Tensor x = leaf(3);
        Tensor y = x.mul(x);
        assertNull(x.gradFn());
        assertEquals("MulBackward0", y.gradFn());
        assertFalse(y.retainsGrad());
        assertTrue(y.retainGrad_().retainsGrad());
        y.square().backward();
        assertEquals(18, y.grad().item());
        assertThrows(TorchException.class, () -> Torch.ones(1).retainGrad_());
    }

    @Test
    void severalRootsAreOnePass() {
        Tensor x = leaf(1, 2);
        Tensor y = x.square();
        Autograd.backward(List.of(y, x.mul(3).sum()), Arrays.asList(Torch.tensor(10.0, 100.0), null), false, false);
        assertArrayEquals(new double[] {23, 403}, x.grad().toDoubleArray());
        assertThrows(TorchValueException.class, () -> Autograd.backward(List.of(x.sum()), List.of(), false, false));
        assertArrayEquals(
                new double[] {5, 7},
                Autograd.grad(List.of(x.square().sum(), x.mul(3).sum()), null, List.of(x), false, false, false)
                        .getFirst()
                        .toDoubleArray());
    }

    @Test
    void theHessianOfAClosedFormIsExact() {
        // f = a^2 b + b^3: Hessian [[2b, 2a], [2a, 6b]]
        Tensor x = leaf(2, 3);
        Tensor a = x.select(0, 0);
        Tensor b = x.select(0, 1);
        Tensor f = a.square().mul(b).add(b.pow(3));
        Tensor gradient = Autograd.grad(f, null, List.of(x), true, true, false).getFirst();
        double[][] rows = new double[2][];
        for (int i = 0; i < 2; i++) {
            rows[i] = Autograd.grad(gradient.select(0, i), null, List.of(x), true, false, false)
                    .getFirst()
                    .toDoubleArray();
        }
        assertArrayEquals(new double[][] {{6, 4}, {4, 18}}, rows);
    }

    @Test
    void autocastKeepsCastsOfWeightsUnlessToldNotTo() {
        Tensor weight = Torch.ones(2, 2).requiresGrad_(true);
        try (Guard _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16, false)) {
            assertFalse(Autocast.isCacheEnabled());
            assertEquals(DType.BFLOAT16, Autocast.dtype(Device.Type.CPU));
            try (Guard _ = Autocast.open(Device.Type.CPU, DType.FLOAT16, true)) {
                assertTrue(Autocast.isCacheEnabled());
                assertEquals(DType.FLOAT16, weight.matmul(weight).dtype());
            }
            assertFalse(Autocast.isCacheEnabled());
            assertTrue(Autocast.isEnabled(Device.Type.CPU));
            assertEquals(DType.BFLOAT16, weight.matmul(weight).dtype());
        }
        assertTrue(Autocast.isCacheEnabled());
        assertFalse(Autocast.isEnabled(Device.Type.CPU));
    }
}
