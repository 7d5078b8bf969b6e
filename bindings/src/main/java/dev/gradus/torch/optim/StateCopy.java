package dev.gradus.torch.optim;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Tensor;
import java.util.Arrays;
import java.util.Map;

/** Copies named tensors into named tensors that must be the same ones. */
final class StateCopy {
    private StateCopy() {}

    static void copy(String what, Map<String, Tensor> source, Map<String, Tensor> target) {
        target.forEach((name, tensor) -> {
            Tensor given = source.get(name);
            if (given == null) {
                throw new IllegalArgumentException(what + " lacks '" + name + "'");
            }
            if (!Arrays.equals(given.shape(), tensor.shape())) {
                throw new IllegalArgumentException(what + " has '" + name + "' of shape "
                        + Arrays.toString(given.shape()) + ", should be " + Arrays.toString(tensor.shape()));
            }
        });
        for (String name : source.keySet()) {
            if (!target.containsKey(name)) {
                throw new IllegalArgumentException(what + " has '" + name + "', which belongs to no parameter");
            }
        }
        try (var _ = Autograd.noGrad()) {
            target.forEach((name, tensor) -> tensor.copy_(source.get(name)));
        }
    }
}
