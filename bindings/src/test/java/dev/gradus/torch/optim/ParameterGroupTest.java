package dev.gradus.torch.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups with options of their own, gradients, and the layout of PyTorch's state; numbers by hand. */
class ParameterGroupTest {
    private TensorScope scope;
    private Tensor a;
    private Tensor b;

    @BeforeEach
    void makeParameters() {
        scope = TensorScope.open();
        a = Torch.tensor(1f, 2f).requiresGrad_(true);
        b = Torch.tensor(3f).requiresGrad_(true);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private void setGradients(float value) {
        a.setGrad(Torch.tensor(value, value));
        b.setGrad(Torch.tensor(value));
    }

    @Test
    void eachGroupHasItsOwnRateAndOptions() {
        try (SGD sgd = new SGD(Map.of("a", a), 0.5)) {
            ParameterGroup<SGD.Options> second =
                    sgd.addGroup(Map.of("b", b), 0.25, SGD.Options.defaults().withMaximize(true));
            setGradients(2);
            sgd.step();
            assertArrayEquals(new float[] {0, 1}, a.toFloatArray());
            assertArrayEquals(new float[] {3.5f}, b.toFloatArray());
            second.setLearningRate(1);
            second.setOptions(SGD.Options.defaults());
            sgd.step();
            assertArrayEquals(new float[] {-1, 0}, a.toFloatArray());
            assertArrayEquals(new float[] {1.5f}, b.toFloatArray());
        }
    }

    @Test
    void aParameterThatJoinsLateStartsItsOwnMomentum() {
        try (SGD sgd = new SGD(
                Map.of("a", a, "b", b),
                1,
                SGD.Options.defaults().withMomentum(0.5).withDampening(0.5))) {
            a.setGrad(Torch.tensor(1f, 1f));
            sgd.step();
            setGradients(1);
            sgd.step();
            // a: 1, then 0.5 * 1 + 0.5 * 1; b: its first move is its gradient.
            assertArrayEquals(new float[] {-1, 0}, a.toFloatArray());
            assertArrayEquals(new float[] {2}, b.toFloatArray());
        }
    }

    @Test
    void optionsThatNeedOtherStateAreRefused() {
        try (SGD sgd = new SGD(Map.of("a", a), 1)) {
            assertEquals(
                    "these options need the state [momentum_buffer, step], this group has []; make a new optimizer for"
                            + " them",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> sgd.groups()
                                            .get(0)
                                            .setOptions(SGD.Options.defaults().withMomentum(0.9)))
                            .getMessage());
            assertEquals(
                    "the optimizer already has a parameter 'a'",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> sgd.addGroup(Map.of("a", b), 1, SGD.Options.defaults()))
                            .getMessage());
        }
        assertEquals(
                "nesterov needs a momentum above 0 and no dampening; they are 0.0 and 0.0",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> SGD.Options.defaults().withNesterov(true))
                        .getMessage());
    }

    @Test
    void gradientsAreRemovedOrFilledWithZeros() {
        try (RMSprop optimizer = new RMSprop(Map.of("a", a), 1)) {
            setGradients(2);
            optimizer.zeroGrad(false);
            assertArrayEquals(new float[] {0, 0}, a.grad().toFloatArray());
            optimizer.zeroGrad();
            assertNull(a.grad());
            assertTrue(b.grad() != null);
        }
    }

    @Test
    void theStateOfPythonHasAnIndexForEachParameterWithAGradient() {
        try (Adam adam = new Adam(Map.of("a", a), 0.1)) {
            adam.addGroup(Map.of("b", b), 0.2, Adam.Options.defaults().withBetas(0.8, 0.9));
            assertEquals(List.of(), List.copyOf(adam.torchState().keySet()));
            b.setGrad(Torch.tensor(1f));
            adam.step();
            assertEquals(
                    List.of("state.1.step", "state.1.exp_avg", "state.1.exp_avg_sq"),
                    List.copyOf(adam.torchState().keySet()));
            Map<String, Object> group = adam.torchGroups().get(1);
            assertEquals(0.2, group.get("lr"));
            assertEquals(List.of(0.8, 0.9), group.get("betas"));
            assertEquals(List.of(1), group.get("params"));
        }
    }

    @Test
    void elementsOfGradientsAreBounded() {
        a.setGrad(Torch.tensor(-3f, 0.25f));
        try (GradientValueClipping clipping = new GradientValueClipping(List.of(a, b), 0.5)) {
            clipping.apply();
        }
        assertArrayEquals(new float[] {-0.5f, 0.25f}, a.grad().toFloatArray());
    }
}
