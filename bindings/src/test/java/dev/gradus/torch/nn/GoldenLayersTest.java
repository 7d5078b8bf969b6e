package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Goldens;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every layer and loss against PyTorch: initial weights, state, output, all gradients, and how it prints. The file is made by
 * src/test/python/make_nn_goldens.py. Sums are of a few dozen numbers, in an order that depends on the processor.
 */
class GoldenLayersTest {
    private static final long SEED = 11;
    private static final double TOLERANCE = 2e-6;

    private static Goldens goldens;

    @BeforeAll
    static void read() {
        goldens = new Goldens("/nn/layers.safetensors");
    }

    @AfterAll
    static void free() {
        goldens.close();
    }

    static Set<String> layers() {
        return GoldenCases.all().keySet();
    }

    static Set<String> functions() {
        return GoldenCases.functions().keySet();
    }

    static Set<String> inits() {
        return new TreeSet<>(GoldenCases.inits(null).keySet());
    }

    /** The inputs of the script; how many, and of what shapes, the file's gradients tell. */
    private static Tensor[] inputs(String name) {
        List<Tensor> inputs = new ArrayList<>();
        for (String index : goldens.names(name + "/input.")) {
            long[] shape = goldens.get(name + "/input." + index).shape();
            inputs.add(GoldenCases.numbers(Integer.parseInt(index) + 1, shape).requiresGrad_(true));
        }
        return inputs.toArray(Tensor[]::new);
    }

    private static void assertForwardAndBackward(String name, Function<Tensor[], Tensor> function) {
        Tensor[] inputs = inputs(name);
        Tensor output = function.apply(inputs);
        goldens.assertClose(name + "/output", output, TOLERANCE);
        output.mul(GoldenCases.numbers(8, output.shape())).sum().backward();
        for (int i = 0; i < inputs.length; i++) {
            Tensor gradient = inputs[i].grad();
            goldens.assertClose(
                    name + "/input." + i, gradient == null ? Torch.zerosLike(inputs[i]) : gradient, TOLERANCE);
        }
    }

    private static void assertAll(String prefix, Map<String, Tensor> tensors) {
        assertEquals(goldens.names(prefix), new TreeSet<>(tensors.keySet()));
        tensors.forEach((key, tensor) -> goldens.assertClose(prefix + key, tensor, TOLERANCE));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void aLayerStartsAnswersLearnsAndPrintsAsInPyTorch(String name) {
        long before = LiveHandles.settled();
        GoldenCases.Case layer = GoldenCases.all().get(name);
        Torch.manualSeed(SEED);
        try (TensorScope _ = TensorScope.open();
                Generator generator = Generator.cpu(SEED);
                Module module = layer.make().apply(generator)) {
            assertAll(name + "/state.", module.stateDict());
            assertForwardAndBackward(name, inputs -> layer.call().of(module, inputs));
            Map<String, Tensor> gradients = new TreeMap<>();
            module.namedParameters().forEach((key, parameter) -> gradients.put(key, parameter.grad()));
            gradients.values().removeIf(Objects::isNull);
            assertAll(name + "/grad.", gradients);
            assertAll(name + "/buffer.", module.namedBuffers());
            assertEquals(goldens.about(name), module.toString());
        }
        assertEquals(before, Torch.liveHandles());
    }

    @ParameterizedTest
    @MethodSource("functions")
    void aFunctionAnswersAndLearnsAsInPyTorch(String name) {
        try (TensorScope _ = TensorScope.open()) {
            assertForwardAndBackward(name, GoldenCases.functions().get(name));
        }
    }

    @ParameterizedTest
    @MethodSource("inits")
    void weightsAreFilledAsInPyTorch(String name) {
        try (TensorScope _ = TensorScope.open();
                Generator generator = Generator.cpu(SEED)) {
            Tensor weight = Torch.empty(6, 4, 3);
            Init.constant_(weight, 0);
            goldens.assertClose(
                    "init." + name, GoldenCases.inits(generator).get(name).apply(weight), TOLERANCE);
        }
    }

    @Test
    void everyCaseOfTheFileIsTested() {
        Set<String> inFile = new TreeSet<>();
        goldens.names("").forEach(key -> inFile.add(key.startsWith("init.") ? key.substring(5) : key.split("/")[0]));
        Set<String> tested = new TreeSet<>(layers());
        tested.addAll(functions());
        tested.addAll(inits());
        assertEquals(inFile, tested);
    }
}
