package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The networks compute what the Python references compute: the configurations of {@code make_goldens.py}, which between them
 * use every option. The tolerances leave room for processors whose kernels add in another order; where they are those that
 * made the goldens the differences are 0.
 */
class NetworkParityTest {
    private static final long SEED = 20_240_310;
    private static final long DROPOUT_SEED = 77;
    private static final double FORWARD_TOLERANCE = 1e-5;
    private static final double GRADIENT_TOLERANCE = 1e-4;

    /**
     * A bias that is added to all keys of an attention, or before a norm takes the mean away again, has the gradient 0; what is
     * computed is rounding. So no gradient counts as smaller than this part of the largest one.
     */
    private static final double GRADIENT_FLOOR = 1e-2;

    @BeforeAll
    static void useOneThread() {
        Torch.setNumThreads(1);
    }

    private static List<String> unets() {
        return List.of(
                "attention",
                "class-scale-shift",
                "dropout",
                "middle-attention",
                "scale-shift-no-attention",
                "single-level",
                "text",
                "text-class");
    }

    private static List<String> dits() {
        return List.of("dit", "dit-class-sigma", "dit-text");
    }

    @ParameterizedTest
    @MethodSource({"unets", "dits"})
    void outputLossAndEveryGradientEqualPythons(String name) throws Exception {
        Path folder = Goldens.path(name);
        try (var _ = TensorScope.open();
                Network model = Network.load(folder)) {
            Map<String, Tensor> expected = SafeTensors.load(folder.resolve("outputs.safetensors"));
            expected.keySet().removeIf(key -> !key.matches("output|loss|grad.*"));
            Map<String, Tensor> actual =
                    Parity.run(model, SafeTensors.load(folder.resolve("inputs.safetensors")), true);
            assertEquals(expected.keySet(), actual.keySet());

            double worstGradient = 0;
            double largestGradient = expected.keySet().stream()
                    .filter(key -> key.startsWith("grad."))
                    .mapToDouble(key -> largest(expected.get(key)))
                    .max()
                    .orElseThrow();
            for (String key : expected.keySet()) {
                boolean gradient = key.startsWith("grad");
                double floor = gradient ? GRADIENT_FLOOR * largestGradient : 0;
                double difference = difference(expected.get(key), actual.get(key), floor);
                worstGradient = gradient ? Math.max(worstGradient, difference) : worstGradient;
                double tolerance = gradient ? GRADIENT_TOLERANCE : FORWARD_TOLERANCE;
                assertTrue(difference <= tolerance, () -> name + ": " + key + " differs by " + difference);
            }
            System.out.printf(
                    "%s: output differs by %.1e, gradients by at most %.1e, relative to the largest element%n",
                    name, difference(expected.get("output"), actual.get("output"), 0), worstGradient);
        }
    }

    @ParameterizedTest
    @MethodSource({"unets", "dits"})
    void blocksThatAreComputedAgainGiveTheSameBits(String name) throws Exception {
        Path folder = Goldens.path(name);
        try (var _ = TensorScope.open();
                Network model = Network.load(folder)) {
            Map<String, Tensor> inputs = SafeTensors.load(folder.resolve("inputs.safetensors"));
            Map<String, Tensor> kept = Parity.run(model, inputs, true);
            model.recomputeBlocks(true);
            Map<String, Tensor> computedAgain = Parity.run(model, inputs, true);
            kept.forEach((key, tensor) -> assertArrayEquals(
                    tensor.toFloatArray(), computedAgain.get(key).toFloatArray(), key));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dropout", "scale-shift-no-attention"})
    void dropoutDrawsTheSameMasksAsPython(String name) throws Exception {
        Path folder = Goldens.path(name);
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad();
                UNet2D model = UNet2D.load(folder)) {
            Map<String, Tensor> inputs = SafeTensors.load(folder.resolve("inputs.safetensors"));
            Torch.manualSeed(DROPOUT_SEED);
            Tensor actual = model.forward(inputs.get("sample"), inputs.get("timestep"));
            Tensor expected =
                    SafeTensors.load(folder.resolve("outputs.safetensors")).get("train.output");
            assertTrue(difference(expected, actual, 0) <= FORWARD_TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource("unets")
    void initialWeightsHaveTheNamesAndTheBitsOfPythons(String name) throws Exception {
        Path folder = Goldens.path(name);
        // Without fused multiply-add the random numbers are rounded once more.
        float tolerance = Torch.cpuCapability().startsWith("AVX") ? 0f : 1e-5f;
        Map<String, Tensor> python = SafeTensors.load(folder.resolve(WeightFiles.SINGLE));
        try (UNet2D saved = UNet2D.load(folder);
                Generator generator = Generator.cpu(SEED);
                UNet2D fresh = new UNet2D(saved.config(), generator)) {
            Map<String, Tensor> java = fresh.namedParameters();
            assertEquals(python.keySet(), java.keySet());
            for (String key : python.keySet()) {
                float[] expected = python.get(key).toFloatArray();
                assertArrayEquals(expected, java.get(key).toFloatArray(), tolerance, name + ": " + key);
            }
        } finally {
            python.values().forEach(Tensor::close);
        }
    }

    /** A network that has just been made answers zeros, so the goldens are made after its weights have been changed. */
    @ParameterizedTest
    @MethodSource("dits")
    void initialWeightsOfADiTHaveTheNamesAndTheStatisticsOfPythons(String name) throws Exception {
        Path folder = Goldens.path(name);
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(SEED);
                Network saved = Network.load(folder);
                Network fresh = Network.of(saved.config(), generator)) {
            Map<String, Tensor> expected = SafeTensors.load(folder.resolve("outputs.safetensors"));
            Map<String, Tensor> parameters = fresh.namedParameters();
            assertEquals(
                    expected.keySet().stream()
                            .filter(key -> key.startsWith("initial."))
                            .collect(Collectors.toSet()),
                    parameters.keySet().stream().map(key -> "initial." + key).collect(Collectors.toSet()));
            parameters.forEach((key, parameter) -> {
                Tensor values = parameter.detach();
                // The sums are of a few thousand float32, in another order on other processors.
                assertArrayEquals(
                        expected.get("initial." + key).toFloatArray(),
                        new float[] {
                            (float) values.mean().item(),
                            (float) values.sub(values.mean())
                                    .square()
                                    .mean()
                                    .sqrt()
                                    .item(),
                            (float) values.flatten().get(0).item()
                        },
                        1e-6f,
                        key);
            });
        }
    }

    @Test
    void theChannelsOfTheVarianceComeAfterThoseOfThePrediction() throws Exception {
        Path folder = Goldens.path("dit-class-sigma");
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad();
                DiT model = (DiT) Network.load(folder)) {
            Map<String, Tensor> inputs = SafeTensors.load(folder.resolve("inputs.safetensors"));
            Tensor actual = model.forwardWithSigma(
                    inputs.get("sample"), inputs.get("timestep"), Conditioning.ofLabels(inputs.get("class_labels")));
            Tensor expected =
                    SafeTensors.load(folder.resolve("outputs.safetensors")).get("all.output");
            assertTrue(difference(expected, actual, 0) <= FORWARD_TOLERANCE);
        }
    }

    @Test
    void theOrderOfTheParametersIsPyTorchs() {
        UNet2DConfig config = UNet2DConfig.fashion().with(c -> c.numClassEmbeds = 10);
        try (Generator generator = Generator.cpu(0);
                UNet2D model = new UNet2D(config, generator)) {
            List<String> modules = new ArrayList<>();
            for (String name : model.namedParameters().keySet()) {
                String module = name.substring(0, name.indexOf('.'));
                if (module.equals("mid_block")) {
                    module = String.join(".", List.of(name.split("\\.")).subList(0, 3));
                }
                if (modules.isEmpty() || !modules.getLast().equals(module)) {
                    modules.add(module);
                }
            }
            assertEquals(
                    List.of(
                            "conv_in",
                            "time_embedding",
                            "class_embedding",
                            "down_blocks",
                            "mid_block.attentions.0",
                            "mid_block.resnets.0",
                            "mid_block.resnets.1",
                            "up_blocks",
                            "conv_norm_out",
                            "conv_out"),
                    modules);
        }
    }

    @Test
    void thePresetsHaveTheirNumberOfParameters() {
        try (Generator generator = Generator.cpu(0);
                UNet2D fashion = new UNet2D(UNet2DConfig.fashion(), generator)) {
            assertEquals(1_539_329, fashion.parameterCount());
            try (UNet2D cifar = new UNet2D(UNet2DConfig.cifar10(), generator)) {
                assertEquals(35_746_307, cifar.parameterCount());
            }
            try (UNet2D emoji = new UNet2D(UNet2DConfig.emoji(), generator)) {
                assertEquals(2_762_243, emoji.parameterCount());
            }
        }
    }

    /** The largest difference, relative to the largest element expected or to {@code floor}. */
    private static double difference(Tensor expected, Tensor actual, double floor) {
        assertArrayEquals(expected.shape(), actual.shape());
        float[] e = expected.toFloatArray();
        float[] a = actual.toFloatArray();
        double difference = 0;
        for (int i = 0; i < e.length; i++) {
            difference = Math.max(difference, Float.isNaN(a[i]) ? Double.POSITIVE_INFINITY : Math.abs(e[i] - a[i]));
        }
        return difference == 0 ? 0 : difference / Math.max(floor, largest(expected));
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (float value : tensor.toFloatArray()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
