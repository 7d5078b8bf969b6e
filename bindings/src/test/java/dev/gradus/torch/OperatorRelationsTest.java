package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What operators have to do with each other, and with their gradients. */
class OperatorRelationsTest {

    private static final TensorOptions FLOAT64 = TensorOptions.of(DType.FLOAT64);

    private TensorScope scope;

    @BeforeEach
    void openScope() {
        scope = TensorScope.open();
        Torch.manualSeed(0);
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    private static void assertClose(Tensor expected, Tensor actual) {
        assertTrue(expected.allclose(actual, 1e-9, 1e-9, false), () -> expected + "\n is not\n" + actual);
    }

    @Test
    void eigenvectorsAreOnlyScaledByTheMatrix() {
        Tensor a = Torch.randn(FLOAT64, 4, 4);
        Eigen eigen = Linalg.eig(a);
        Tensor scaled = eigen.eigenvectors().mul(eigen.eigenvalues());
        assertClose(scaled, a.to(DType.COMPLEX128).matmul(eigen.eigenvectors()));
    }

    @Test
    void theSingularValueDecompositionMultipliesBack() {
        Tensor a = Torch.randn(FLOAT64, 4, 3);
        Svd svd = Linalg.svd(a, false);
        assertClose(a, svd.u().mul(svd.s()).matmul(svd.vh()));
    }

    @Test
    void aSolutionSolves() {
        Tensor a = Torch.randn(FLOAT64, 3, 3).add(Torch.eye(FLOAT64, 3), 3);
        Tensor b = Torch.randn(FLOAT64, 3, 2);
        assertClose(b, a.matmul(Linalg.solve(a, b)));
    }

    @Test
    void aSingularMatrixIsAnErrorOfLinearAlgebra() {
        Tensor zero = Torch.zeros(3, 3);
        assertThrows(TorchLinearAlgebraException.class, () -> Linalg.inv(zero));
        assertEquals(1, Linalg.invEx(zero).info().itemLong());
    }

    @Test
    void attentionIsTheSoftmaxOfItsScoresTimesTheValues() {
        Tensor query = Torch.randn(FLOAT64, 2, 3, 4);
        Tensor key = Torch.randn(FLOAT64, 2, 5, 4);
        Tensor value = Torch.randn(FLOAT64, 2, 5, 6);
        Tensor scores = query.matmul(key.transpose(-1, -2)).div(2.0);
        assertClose(
                scores.softmax(-1).matmul(value),
                NeuralOps.scaledDotProductAttention(query, key, value, null, 0, false, Double.NaN));
    }

    @Test
    void partsJoinToTheWhole() {
        Tensor x = Torch.randn(FLOAT64, 5, 3);
        assertClose(x, Torch.cat(List.of(x.split(2, 0)), 0));
        assertClose(x, Torch.cat(List.of(x.chunk(2, 0)), 0));
        assertClose(x, Torch.stack(List.of(x.unbind(1)), 1));
    }

    @Test
    void moreThanAThousandPartsComeToo() {
        Tensor x = Torch.randn(FLOAT64, 3000);
        assertEquals(3000, x.split(1, 0).length);
        assertEquals(3000, x.chunk(1L << 40, 0).length);
    }

    @Test
    void aTensorThatMayBeNullMayBeNull() {
        Tensor x = Torch.randn(FLOAT64, 2, 3);
        assertClose(x.clamp(0.0, 9.0), x.clamp(Torch.zeros(1), null));
    }

    @Test
    void aRequiredTensorMayNotBeNull() {
        Tensor x = Torch.randn(2, 2);
        assertThrows(NullPointerException.class, () -> x.add((Tensor) null));
        assertThrows(TorchTypeException.class, () -> x.hypot(null));
    }

    @Test
    void labelsThatAreNoClassesAreAnErrorOfIndices() {
        Tensor scores = Torch.randn(4, 1, 3).logSoftmax(2);
        for (long label : new long[] {-1, 3, 1L << 40}) {
            Tensor targets = Torch.tensor(1L, label).unsqueeze(0);
            assertThrows(
                    TorchIndexException.class,
                    () -> NeuralOps.ctcLoss(
                            scores, targets, new long[] {4}, new long[] {2}, 0, NeuralOps.Reduction.MEAN, false));
        }
    }

    @Test
    void valuesThatLibtorchWouldUseUncheckedAreErrors() {
        Tensor table = Torch.randn(3, 3);
        Tensor indices = Torch.tensor(0L, 1L);
        Tensor offsets = Torch.tensor(0L, -5L);
        assertThrows(
                TorchValueException.class,
                () -> NeuralOps.embeddingBag(table, indices, offsets, false, 0, false, null, false));
        Tensor images = Torch.randn(1, 2, 6, 6);
        Tensor samples = Torch.ones(1, 2, 2).mul(7);
        assertThrows(
                TorchValueException.class,
                () -> NeuralOps.fractionalMaxPool2d(images, new long[] {2, 2}, new long[] {3, 3}, samples));
        Tensor grid = Torch.zeros(1, 2, 2, 2);
        assertThrows(TorchValueException.class, () -> NeuralOps.gridSample(images, grid, 77, 0, false));
        assertThrows(
                TorchValueException.class,
                () -> Operators.find("aten::grid_sampler").call(images, grid, 0, -1, false));
    }

    @Test
    void optionsOfABoxedFactoryHold() {
        Tensor x = Torch.hannWindow(FLOAT64.requiresGrad(true), 8, true);
        assertEquals(DType.FLOAT64, x.dtype());
        assertTrue(x.requiresGrad());
    }

    @Test
    void anOperatorInPlaceRefusesToChangeALeafThatNeedsAGradient() {
        Tensor x = Torch.ones(3).requiresGrad_(true);
        assertThrows(TorchException.class, x::sin_);
    }

    static Stream<Arguments> derivatives() {
        return Stream.of(
                derivative("exp2", Tensor::exp2, x -> x.exp2().mul(Math.log(2))),
                derivative("erf", Tensor::erf, x -> x.square().neg().exp().mul(2 / Math.sqrt(Math.PI))),
                derivative("lgamma", Tensor::lgamma, Tensor::digamma),
                derivative("atanh", Tensor::atanh, x -> x.square().neg().add(1).reciprocal()),
                derivative("logit", Tensor::logit, x -> x.mul(x.neg().add(1)).reciprocal()),
                derivative("roll", x -> x.roll(1), Torch::onesLike),
                derivative("cumsum", x -> x.cumsum(0), x -> Torch.arange(FLOAT64, 4, 0, -1)),
                derivative("softplus", x -> NeuralOps.softplus(x, 1, 20), Tensor::sigmoid),
                derivative("det", x -> x.diagEmbed().det(), x -> x.prod().div(x)),
                derivative("fft", x -> Fft.fft(x).abs().square(), x -> x.mul(8)),
                derivative(
                        "maskedFill",
                        x -> x.maskedFill(x.gt(0.5), 0L),
                        x -> x.le(0.5).to(DType.FLOAT64)),
                derivative("in place", x -> x.clone().sin_(), Tensor::cos));
    }

    private static Arguments derivative(String name, UnaryOperator<Tensor> f, UnaryOperator<Tensor> derivative) {
        return Arguments.of(name, f, derivative);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("derivatives")
    void gradientsFlowThroughBoxedCalls(String name, UnaryOperator<Tensor> f, UnaryOperator<Tensor> derivative) {
        Tensor x = Torch.tensor(0.2, 0.4, 0.6, 0.8).requiresGrad_(true);
        f.apply(x).sum().backward();
        assertArrayEquals(derivative.apply(x.detach()).toDoubleArray(), x.grad().toDoubleArray(), 1e-12);
    }
}
