package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Parameters under the names 0, 1, 2 and so on. */
public final class ParameterList extends Module {
    private final List<Parameter> slots = new ArrayList<>();

    /** Takes over the values of the tensors, which are closed. */
    public ParameterList(List<Tensor> tensors) {
        tensors.forEach(tensor -> slots.add(registerParameter(Integer.toString(slots.size()), tensor)));
    }

    /** The parameter named {@code index}, owned by this module. */
    public Tensor get(int index) {
        return slots.get(index).get();
    }

    /** How many there are. */
    public int size() {
        return slots.size();
    }
}
