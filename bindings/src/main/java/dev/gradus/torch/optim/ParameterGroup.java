package dev.gradus.torch.optim;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Parameters of an {@link Optimizer} that share a learning rate and options.
 *
 * @param <O> the options of the optimizer
 */
public final class ParameterGroup<O> {
    /** Tells what state options need: two options with the same slots can replace one another. */
    interface Slots<O> {
        List<String> of(O options);
    }

    private final SequencedMap<String, Tensor> parameters;
    private final Slots<O> slots;
    private final Map<String, TensorList> states = new LinkedHashMap<>();
    private final TensorList list;
    private O options;
    private double learningRate;

    ParameterGroup(Map<String, Tensor> parameters, double learningRate, O options, Slots<O> slots) {
        this.parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parameters));
        this.slots = slots;
        this.options = options;
        setLearningRate(learningRate);
        list = TensorList.of(List.copyOf(parameters.values()));
    }

    /** The parameters by name. */
    public SequencedMap<String, Tensor> parameters() {
        return parameters;
    }

    /** The options of the next steps. */
    public O options() {
        return options;
    }

    /**
     * Sets the options of the next steps.
     *
     * @throws IllegalArgumentException if they need other state than was made for the options of the start
     */
    public void setOptions(O newOptions) {
        if (!slots.of(newOptions).equals(slots.of(options))) {
            throw new IllegalArgumentException("these options need the state " + slots.of(newOptions)
                    + ", this group has " + slots.of(options) + "; make a new optimizer for them");
        }
        options = newOptions;
    }

    /** The learning rate of the next step. */
    public double learningRate() {
        return learningRate;
    }

    /**
     * Sets the learning rate of the next steps.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public void setLearningRate(double learningRate) {
        Checks.notNegative("the learning rate", learningRate);
        this.learningRate = learningRate;
    }

    /** The parameters as native calls take them. */
    TensorList list() {
        return list;
    }

    /** A state as native calls take it; null where the options need none of this name. */
    TensorList state(String slot) {
        return states.get(slot);
    }

    void setState(String slot, List<Tensor> tensors) {
        states.put(slot, TensorList.of(new ArrayList<>(tensors)));
    }

    List<String> slots() {
        return slots.of(options);
    }

    void close() {
        list.close();
        states.values().forEach(TensorList::close);
    }
}
