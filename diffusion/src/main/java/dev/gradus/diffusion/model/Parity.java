package dev.gradus.diffusion.model;

import dev.gradus.diffusion.Nearest;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.GradientClipping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** What a network computes from given inputs, by name, so that installations and ports can be compared. */
public final class Parity {
    private static final Set<String> INPUTS =
            Set.of("sample", "timestep", "class_labels", "text", "text_mask", "target");

    private Parity() {}

    /**
     * Runs {@code model} once, in evaluation mode.
     *
     * @param inputs {@code sample} (B, C, H, W), {@code timestep} (B) and, where the network takes them,
     *     {@code class_labels} (B), {@code text} (B, L, D) and {@code text_mask} (B, L); for gradients also {@code target}, of the shape of the output. On the model's device.
     * @param gradients whether to compute gradients too
     * @return {@code output}; with gradients also {@code loss}, the mean squared error to the target, {@code grad_norm},
     *     the 2-norm of all gradients, and {@code grad.NAME} for every parameter. In the scope that is open, else the
     *     caller's to close.
     * @throws IllegalArgumentException if an input is missing, unknown, or does not fit the network
     */
    public static SequencedMap<String, Tensor> run(Network model, Map<String, Tensor> inputs, boolean gradients) {
        check(model.config(), inputs, gradients);
        boolean training = model.isTraining();
        model.train(false);
        try (TensorScope scope = TensorScope.open()) {
            SequencedMap<String, Tensor> outputs = gradients ? withGradients(model, inputs) : forward(model, inputs);
            outputs.values().forEach(scope::promote);
            return outputs;
        } finally {
            model.train(training);
        }
    }

    private static SequencedMap<String, Tensor> forward(Network model, Map<String, Tensor> inputs) {
        SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
        try (var _ = Autograd.noGrad()) {
            outputs.put("output", output(model, inputs));
        }
        return outputs;
    }

    private static SequencedMap<String, Tensor> withGradients(Network model, Map<String, Tensor> inputs) {
        SequencedMap<String, Tensor> outputs = new LinkedHashMap<>();
        model.zeroGrad();
        Tensor output = output(model, inputs);
        Tensor target = inputs.get("target");
        if (!List.of(box(output.shape())).equals(List.of(box(target.shape())))) {
            throw new IllegalArgumentException("the target must have the shape of the output, "
                    + List.of(box(output.shape())) + ", has " + List.of(box(target.shape())));
        }
        Tensor loss = F.mseLoss(output, target);
        loss.backward();
        outputs.put("output", output.detach());
        outputs.put("loss", loss.detach());
        try (GradientClipping norm = new GradientClipping(model.parameters(), Double.POSITIVE_INFINITY)) {
            outputs.put("grad_norm", norm.apply());
        }
        model.namedParameters().forEach((name, parameter) -> {
            Tensor gradient = parameter.grad();
            outputs.put("grad." + name, gradient.clone());
        });
        model.zeroGrad();
        return outputs;
    }

    private static Tensor output(Network model, Map<String, Tensor> inputs) {
        return model.forward(
                inputs.get("sample"),
                inputs.get("timestep"),
                new Conditioning(inputs.get("class_labels"), inputs.get("text"), inputs.get("text_mask")));
    }

    private static void check(ModelConfig config, Map<String, Tensor> inputs, boolean gradients) {
        for (String name : inputs.keySet()) {
            if (!INPUTS.contains(name)) {
                throw new IllegalArgumentException("the inputs hold '" + name + "', which is none of sample, timestep,"
                        + " class_labels, text, text_mask, target" + Nearest.hint(name, INPUTS));
            }
        }
        List<String> needed = gradients ? List.of("sample", "timestep", "target") : List.of("sample", "timestep");
        for (String name : needed) {
            if (!inputs.containsKey(name)) {
                throw new IllegalArgumentException("the inputs lack '" + name + "'");
            }
        }
        Tensor labels = inputs.get("class_labels");
        if (labels != null && config.numClassEmbeds() != null && labels.numel() > 0) {
            try (var _ = TensorScope.open()) {
                long least = labels.min().itemLong();
                long most = labels.max().itemLong();
                if (least < 0 || most >= config.numClassEmbeds()) {
                    throw new IllegalArgumentException("class_labels must be from 0 to " + (config.numClassEmbeds() - 1)
                            + ", has " + (least < 0 ? least : most));
                }
            }
        }
    }

    private static Long[] box(long[] shape) {
        Long[] boxed = new Long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            boxed[i] = shape[i];
        }
        return boxed;
    }
}
