package dev.gradus.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Derivatives of functions, as {@code torch.autograd.functional}, and a numerical check of them. */
public final class Derivatives {

    private Derivatives() {}

    /**
     * The product of a vector with the Jacobian: {@code v^T J}.
     *
     * @param input where; of a floating dtype, its graph is not touched
     * @param v in the shape of the function's result
     * @return in the shape of the input
     */
    public static Tensor vjp(UnaryOperator<Tensor> function, Tensor input, Tensor v) {
        return inScope(() -> {
            Tensor x = input.detach().requiresGrad_(true);
            Tensor y = function.apply(x);
            return orZeros(Autograd.grad(y, v, List.of(x), false, false, true).getFirst(), x);
        });
    }

    /**
     * The Jacobian of a function, one backward for each element of its result.
     *
     * @param input where; of a floating dtype, its graph is not touched
     * @return in the shape of the result followed by that of the input
     */
    public static Tensor jacobian(UnaryOperator<Tensor> function, Tensor input) {
        return inScope(() -> {
            Tensor x = input.detach().requiresGrad_(true);
            return rows(function.apply(x), x);
        });
    }

    /**
     * The matrix of second derivatives.
     *
     * @param function whose result has one element
     * @return in the shape of the input twice
     */
    public static Tensor hessian(UnaryOperator<Tensor> function, Tensor input) {
        return inScope(() -> {
            Tensor x = input.detach().requiresGrad_(true);
            Tensor y = function.apply(x);
            Tensor gradient =
                    Autograd.grad(y, null, List.of(x), true, true, true).getFirst();
            return rows(gradient == null ? Torch.zerosLike(x) : gradient, x);
        });
    }

    private static Tensor rows(Tensor y, Tensor x) {
        long[] shape = concat(y.shape(), x.shape());
        Tensor flat = y.reshape(-1);
        List<Tensor> rows = new ArrayList<>();
        for (long i = 0; i < flat.numel(); i++) {
            Tensor element = flat.select(0, i);
            Tensor row = element.requiresGrad()
                    ? Autograd.grad(element, null, List.of(x), true, false, true)
                            .getFirst()
                    : null;
            rows.add(orZeros(row, x));
        }
        return rows.isEmpty()
                ? Torch.zerosLike(x).expand(shape)
                : Torch.stack(rows, 0).reshape(shape);
    }

    private static Tensor orZeros(Tensor gradient, Tensor like) {
        return gradient == null ? Torch.zerosLike(like).detach() : gradient.detach();
    }

    private static long[] concat(long[] first, long[] second) {
        long[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private interface Computation {
        Tensor result();
    }

    private static Tensor inScope(Computation computation) {
        try (TensorScope scope = TensorScope.open();
                Guard _ = Autograd.enableGradForCalls()) {
            return scope.promote(computation.result());
        }
    }

    /**
     * Compares the gradients of a function with central differences, as {@code torch.autograd.gradcheck}: for each input
     * that requires a gradient and each of its elements, the derivative of the sum of the result weighted with fixed
     * numbers.
     *
     * @param function of the inputs; its result is in float64
     * @param inputs in float64; their elements are changed and restored during the check
     * @throws AssertionError naming the first element whose derivatives differ by more than 1e-5 and 1e-3 of it
     */
    public static void gradCheck(Function<List<Tensor>, Tensor> function, List<Tensor> inputs) {
        double step = 1e-6;
        try (TensorScope _ = TensorScope.open();
                Guard _ = Autograd.enableGradForCalls()) {
            List<Tensor> checked = inputs.stream().filter(Tensor::requiresGrad).toList();
            for (Tensor input : checked) {
                if (input.dtype() != DType.FLOAT64) {
                    throw new TorchTypeException(
                            "gradCheck() of a " + input.dtype() + " tensor; differences need float64");
                }
            }
            Tensor y = function.apply(inputs);
            // Irrational steps, so that errors do not cancel.
            Tensor weights = Torch.arange(TensorOptions.of(DType.FLOAT64), 1, y.numel() + 1, 1)
                    .mul(Math.sqrt(2))
                    .sin()
                    .reshape(y.shape());
            List<Tensor> gradients = Autograd.grad(List.of(y), List.of(weights), checked, false, false, true);
            for (int i = 0; i < checked.size(); i++) {
                Tensor elements = checked.get(i).detach().view(-1);
                double[] analytic =
                        orZeros(gradients.get(i), checked.get(i)).reshape(-1).toDoubleArray();
                for (int j = 0; j < analytic.length; j++) {
                    double before = elements.select(0, j).item();
                    double above = moved(function, inputs, elements, j, before + step, weights);
                    double below = moved(function, inputs, elements, j, before - step, weights);
                    elements.select(0, j).fill_(before);
                    double numeric = (above - below) / (2 * step);
                    if (!(Math.abs(numeric - analytic[j]) <= 1e-5 + 1e-3 * Math.abs(numeric))) {
                        throw new AssertionError("the derivative with respect to element " + j + " of input "
                                + inputs.indexOf(checked.get(i)) + " is " + analytic[j] + ", by differences "
                                + numeric);
                    }
                }
            }
        }
    }

    private static double moved(
            Function<List<Tensor>, Tensor> function,
            List<Tensor> inputs,
            Tensor elements,
            int index,
            double value,
            Tensor weights) {
        try (TensorScope _ = TensorScope.open();
                Guard _ = Autograd.noGradForCalls()) {
            elements.select(0, index).fill_(value);
            return function.apply(inputs).mul(weights).sum().item();
        }
    }
}
