package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AutogradTest {

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
    void backwardAddsToTheGradientOfTheLeaves() {
        Tensor x = Torch.tensor(1f, 2f).requiresGrad_(true);
        assertNull(x.grad());
        x.square().sum().backward();
        assertArrayEquals(new float[] {2, 4}, x.grad().toFloatArray());
        x.square().sum().backward();
        assertArrayEquals(new float[] {4, 8}, x.grad().toFloatArray());
        x.setGrad(null);
        assertNull(x.grad());
    }

    @Test
    void gradientsAreResultsToo() {
        Tensor x = Torch.tensor(2.0).requiresGrad_(true);
        Tensor y = x.pow(3).sum();
        Tensor first = Autograd.grad(y, null, List.of(x), true, true, false).getFirst();
        assertEquals(12, first.item());
        assertEquals(12, Autograd.grad(first.sum(), List.of(x)).getFirst().item()); // d 3x^2 / dx = 6x
        assertNull(x.grad());
        Tensor unused = Torch.ones(1).requiresGrad_(true);
        assertThrows(TorchException.class, () -> Autograd.grad(x.pow(2).sum(), List.of(unused)));
        assertNull(Autograd.grad(x.pow(2).sum(), null, List.of(unused), false, false, true)
                .getFirst());
    }

    @Test
    void nothingIsRecordedWithoutGradients() {
        Tensor x = Torch.ones(2).requiresGrad_(true);
        try (var _ = Autograd.noGrad()) {
            assertFalse(Autograd.isGradEnabled());
            assertFalse(x.mul(2).requiresGrad());
            try (var _ = Autograd.enableGrad()) {
                assertTrue(x.mul(2).requiresGrad());
            }
            assertFalse(Autograd.isGradEnabled());
        }
        assertTrue(Autograd.isGradEnabled());
        assertTrue(x.mul(2).requiresGrad());
        assertFalse(x.mul(2).detach().requiresGrad());
    }

    @Test
    void aLeafMayNotBeChangedInPlace() {
        Tensor x = Torch.ones(2).requiresGrad_(true);
        assertThrows(TorchException.class, () -> x.add_(1));
        try (var _ = Autograd.noGrad()) {
            assertArrayEquals(new float[] {2, 2}, x.add_(1).toFloatArray());
        }
    }

    @Test
    void autocastRunsProductsInTheLowerPrecisionAndNests() {
        Tensor x = Torch.ones(2, 2);
        assertEquals(DType.FLOAT32, x.matmul(x).dtype());
        try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
            assertEquals(DType.BFLOAT16, x.matmul(x).dtype());
            try (var _ = Autocast.open(Device.Type.CPU, DType.FLOAT32)) {
                assertEquals(DType.FLOAT32, x.matmul(x).dtype());
            }
            assertEquals(DType.BFLOAT16, x.matmul(x).dtype());
        }
        assertEquals(DType.FLOAT32, x.matmul(x).dtype());
        assertThrows(TorchValueException.class, () -> Autocast.open(Device.Type.CPU, DType.INT64));
    }

    @Test
    void clippingScalesAllGradientsByOneFactor() {
        Tensor a = Torch.zeros(1).requiresGrad_(true);
        Tensor b = Torch.zeros(1).requiresGrad_(true);
        a.setGrad(Torch.tensor(3f));
        b.setGrad(Torch.tensor(4f));
        try (var parameters = TensorList.of(List.of(a, b))) {
            assertEquals(5, Foreach.gradNorm(parameters).item());
            assertEquals(5, Foreach.clipGradNorm_(parameters, 1).item());
            assertEquals(0.6, a.grad().item(), 1e-6);
            assertEquals(0.8, b.grad().item(), 1e-6);
            assertEquals(1, Foreach.clipGradNorm_(parameters, 10).item(), 1e-6);
            assertEquals(0.6, a.grad().item(), 1e-6);
            Foreach.zeroGrad(parameters);
            assertNull(a.grad());
        }
    }

    @Test
    void listsWorkTensorByTensor() {
        Tensor a = Torch.zeros(2);
        Tensor b = Torch.zeros(1);
        try (var self = TensorList.of(List.of(a, b));
                var end = TensorList.of(List.of(Torch.tensor(1f, 2f), Torch.tensor(4f)));
                var one = TensorList.of(List.of(a))) {
            Foreach.lerp_(self, end, 0.25);
            assertArrayEquals(new float[] {0.25f, 0.5f}, a.toFloatArray());
            Foreach.copy_(self, end);
            assertArrayEquals(new float[] {4}, b.toFloatArray());
            assertThrows(TorchValueException.class, () -> Foreach.copy_(self, one));
            b.close();
            assertThrows(IllegalStateException.class, () -> Foreach.copy_(self, end));
        }
    }
}
