package dev.gradus.torch;

import java.util.Map;
import java.util.function.Function;

/**
 * A call of the operator table.
 *
 * @param key {@code operator.overload/number}, under which the results lie in goldens.safetensors
 * @param call what makes them from the operands of that file
 * @param inPlace the same in place, on a copy; null where there is no such form
 */
record OperatorExample(
        String key, Function<Map<String, Tensor>, Object> call, Function<Map<String, Tensor>, Tensor> inPlace) {

    @Override
    public String toString() {
        return key;
    }
}
