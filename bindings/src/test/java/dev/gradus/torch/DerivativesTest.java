package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class DerivativesTest extends CallbacksTesting {

    @Test
    void theJacobianOfSquaresIsDiagonal() {
        Tensor jacobian = Derivatives.jacobian(Tensor::square, Torch.tensor(1.0, 2.0, 3.0));
        assertArrayEquals(new long[] {3, 3}, jacobian.shape());
        assertArrayEquals(new double[] {2, 0, 0, 0, 4, 0, 0, 0, 6}, jacobian.toDoubleArray());
    }

    @Test
    void theHessianOfSumOfCubesIsDiagonal() {
        Tensor hessian = Derivatives.hessian(x -> x.pow(3).sum(), Torch.tensor(1.0, 2.0));
        assertArrayEquals(new double[] {6, 0, 0, 12}, hessian.toDoubleArray());
    }

    @Test
    void theHessianOfASumIsZero() {
        assertArrayEquals(
                new double[4],
                Derivatives.hessian(Tensor::sum, Torch.tensor(1.0, 2.0)).toDoubleArray());
    }

    @Test
    void aVectorTimesTheJacobian() {
        Tensor product = Derivatives.vjp(Tensor::square, Torch.tensor(1.0, 2.0), Torch.tensor(10.0, 100.0));
        assertArrayEquals(new double[] {20, 400}, product.toDoubleArray());
    }

    @Test
    void aRightBackwardPassesTheCheckAndAWrongOneDoesNot() {
        Derivatives.gradCheck(
                inputs -> inputs.get(0).matmul(inputs.get(1)).tanh(),
                List.of(leaf(0.1, 0.2, 0.3, 0.4).detach().view(2, 2).requiresGrad_(true), Torch.tensor(0.5, -0.6)));
        AutogradFunction wrong = Autograd.function(
                (context, inputs) -> {
                    context.saveForBackward(inputs.getFirst());
                    return List.of(inputs.getFirst().square());
                },
                (context, gradients) ->
                        List.of(gradients.getFirst().mul(context.savedTensors().getFirst())));
        assertTrue(assertThrows(
                        AssertionError.class,
                        () -> Derivatives.gradCheck(inputs -> wrong.call(inputs.getFirst()), List.of(leaf(2))))
                .getMessage()
                .contains("element 0 of input 0"));
    }
}
