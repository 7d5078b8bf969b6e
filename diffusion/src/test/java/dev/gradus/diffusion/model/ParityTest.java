package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The values are tested in {@link UNet2DParityTest}. */
class ParityTest {
    private TensorScope scope;
    private UNet2D model;
    private Map<String, Tensor> inputs;

    @BeforeEach
    void load() throws Exception {
        scope = TensorScope.open();
        Path folder = Goldens.path("class-scale-shift");
        model = UNet2D.load(folder);
        inputs = SafeTensors.load(folder.resolve("inputs.safetensors"));
    }

    @AfterEach
    void close() {
        model.close();
        scope.close();
    }

    private String refusal(boolean gradients) {
        return assertThrows(IllegalArgumentException.class, () -> Parity.run(model, inputs, gradients))
                .getMessage();
    }

    @Test
    void withoutGradientsThereIsTheOutputOnly() {
        inputs.remove("target");
        assertEquals(Set.of("output"), Parity.run(model, inputs, false).keySet());
    }

    @Test
    void leavesNothingButItsOutputsAndTheNetworkAsItWas() {
        long before = LiveHandles.settled();
        Map<String, Tensor> outputs = Parity.run(model, inputs, true);
        assertEquals(before + outputs.size(), Torch.liveHandles());
        assertTrue(model.isTraining());
        assertTrue(model.parameters().stream().allMatch(parameter -> parameter.grad() == null));
    }

    @Test
    void inputsThatAreMissingUnknownOrDoNotFitAreRefusedByName() {
        Tensor target = inputs.remove("target");
        assertEquals("the inputs lack 'target'", refusal(true));
        inputs.put("target", target.narrow(0, 0, 1));
        assertEquals("the target must have the shape of the output, [3, 2, 8, 8], has [1, 2, 8, 8]", refusal(true));
        inputs.put("class_label", inputs.get("class_labels"));
        assertEquals(
                "the inputs hold 'class_label', which is none of sample, timestep, class_labels, text, text_mask,"
                        + " target; did you mean 'class_labels'?",
                refusal(false));
        inputs.remove("class_label");
        inputs.put("class_labels", Torch.tensor(0L, 5L, 1L));
        assertEquals("class_labels must be from 0 to 4, has 5", refusal(false));
        inputs.remove("sample");
        assertEquals("the inputs lack 'sample'", refusal(false));
    }
}
