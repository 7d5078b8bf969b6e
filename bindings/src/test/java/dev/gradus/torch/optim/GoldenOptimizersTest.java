package dev.gradus.torch.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.Goldens;
import dev.gradus.torch.GradScaler;
import dev.gradus.torch.LiveHandles;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every option of every optimizer against 20 steps of torch.optim, made by src/test/python/make_optim_goldens.py. Where the
 * kernels are the ones that made the file the bits are equal; elsewhere roots and fused multiplications round otherwise.
 */
class GoldenOptimizersTest {
    private static final int STEPS = 20;
    private static final Map<String, long[]> SHAPES = new LinkedHashMap<>();

    static {
        SHAPES.put("a", new long[] {3, 5});
        SHAPES.put("b", new long[] {33});
        SHAPES.put("c", new long[] {1});
    }

    private interface Maker {
        FusedOptimizer<?> of(Map<String, Tensor> parameters, double learningRate);
    }

    private static Maker sgd(SGD.Options options) {
        return (parameters, rate) -> new SGD(parameters, rate, options);
    }

    private static Maker adam(Adam.Options options) {
        return (parameters, rate) -> new Adam(parameters, rate, options);
    }

    private static Maker adamW(AdamW.Options options) {
        return (parameters, rate) -> new AdamW(parameters, rate, options);
    }

    private static Maker rmsprop(RMSprop.Options options) {
        return (parameters, rate) -> new RMSprop(parameters, rate, options);
    }

    private static final Map<String, Maker> CASES = Map.ofEntries(
            Map.entry("sgd", SGD::new),
            Map.entry(
                    "sgd.decay", sgd(SGD.Options.defaults().withWeightDecay(0.1).withMaximize(true))),
            Map.entry(
                    "sgd.momentum", sgd(SGD.Options.defaults().withMomentum(0.9).withDampening(0.25))),
            Map.entry("sgd.nesterov", sgd(new SGD.Options(0.9, 0, 0.01, true, false))),
            Map.entry("adam", Adam::new),
            Map.entry("adam.decay", adam(new Adam.Options(0.8, 0.95, 1e-6, 0.1, false, false))),
            Map.entry(
                    "adam.amsgrad",
                    adam(Adam.Options.defaults().withAmsgrad(true).withMaximize(true))),
            Map.entry("adamw", adamW(AdamW.Options.defaults())),
            Map.entry(
                    "adamw.amsgrad",
                    adamW(AdamW.Options.defaults().withWeightDecay(0.1).withAmsgrad(true))),
            Map.entry("adamw.maximize", adamW(AdamW.Options.defaults().withMaximize(true))),
            Map.entry("rmsprop", RMSprop::new),
            Map.entry(
                    "rmsprop.momentum",
                    rmsprop(RMSprop.Options.defaults().withAlpha(0.9).withMomentum(0.9))),
            Map.entry(
                    "rmsprop.centered",
                    rmsprop(RMSprop.Options.defaults().withCentered(true).withWeightDecay(0.1))),
            Map.entry("rmsprop.all", rmsprop(new RMSprop.Options(0.99, 1e-6, 0.1, 0.5, true, true))));

    private static Goldens goldens;

    @BeforeAll
    static void read() {
        goldens = new Goldens("/optim/optimizers.safetensors");
    }

    @AfterAll
    static void free() {
        goldens.close();
    }

    static Set<String> cases() {
        return new TreeSet<>(CASES.keySet());
    }

    /** The numbers of the script, exact in float32. */
    private static Tensor numbers(long[] shape, int seed) {
        long n = 1;
        for (long size : shape) {
            n *= size;
        }
        float[] values = new float[(int) n];
        for (int i = 0; i < n; i++) {
            values[i] = ((i * 37 + seed * 101) % 257 - 128) / 64f;
        }
        return Torch.fromArray(values, shape);
    }

    private static Map<String, Tensor> parameters() {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        SHAPES.forEach((name, shape) -> parameters.put(name, numbers(shape, 7).requiresGrad_(true)));
        return parameters;
    }

    private static void steps(Optimizer optimizer, Map<String, Tensor> parameters, int from, int to) {
        for (int step = from; step < to; step++) {
            try (TensorScope _ = TensorScope.open()) {
                for (Tensor parameter : parameters.values()) {
                    parameter.setGrad(numbers(parameter.shape(), step));
                }
                optimizer.step(0.05 / (1 + step));
            }
        }
    }

    private static void assertEqualsPython(String key, Tensor actual) {
        goldens.assertClose(key, actual, goldens.sameKernels() ? 0 : 1e-6);
    }

    static Set<String> scaledCases() {
        Set<String> cases = new TreeSet<>();
        for (String key : goldens.names("")) {
            if (key.endsWith(".scaled/scale")) {
                cases.add(key.replace(".scaled/scale", ""));
            }
        }
        return cases;
    }

    private static void assertStateEqualsPython(String name, FusedOptimizer<?> optimizer) {
        Map<String, Tensor> state = optimizer.torchState();
        for (String key : goldens.names(name + "/state.")) {
            assertNotNull(state.get("state." + key), key);
            assertEqualsPython(name + "/state." + key, state.get("state." + key));
        }
    }

    private static GradScaler.FusedStep fusedStep(Optimizer optimizer) {
        return switch (optimizer) {
            case SGD sgd -> sgd::step;
            case Adam adam -> adam::step;
            case AdamW adamW -> adamW::step;
            default -> throw new IllegalArgumentException();
        };
    }

    /** Gradients are times a power of 2, so that scaling them up and down rounds nothing. */
    @ParameterizedTest
    @MethodSource("scaledCases")
    void twentyStepsOfScaledGradientsEqualPythons(String name) {
        long before = LiveHandles.settled();
        try (TensorScope _ = TensorScope.open();
                FusedOptimizer<?> optimizer = CASES.get(name).of(parameters(), 0.05);
                GradScaler scaler = new GradScaler(new GradScaler.Options(1024, 2, 0.5, 3))) {
            Map<String, Tensor> parameters = optimizer.groups().get(0).parameters();
            TensorList list = TensorList.of(List.copyOf(parameters.values()));
            for (int step = 0; step < STEPS; step++) {
                Tensor scale = scaler.scale(Torch.ones());
                for (Tensor parameter : parameters.values()) {
                    parameter.setGrad(numbers(parameter.shape(), step).mul(scale));
                }
                if (step == 4 || step == 5 || step == 12) {
                    parameters.get("b").grad().set(step == 5 ? Double.NaN : Double.POSITIVE_INFINITY, step);
                }
                if (step % 3 == 0) {
                    scaler.unscale_(list);
                }
                optimizer.setLearningRate(0.05 / (1 + step));
                scaler.stepFused(list, fusedStep(optimizer));
                assertThrows(IllegalStateException.class, () -> scaler.stepFused(list, fusedStep(optimizer)));
                scaler.update();
            }
            parameters.forEach((key, parameter) -> {
                assertEqualsPython(name + ".scaled/parameter." + key, parameter);
                assertEqualsPython(name + ".scaled/gradient." + key, parameter.grad());
            });
            assertStateEqualsPython(name + ".scaled", optimizer);
            assertEquals(goldens.get(name + ".scaled/scale").item(), scaler.getScale());
            list.close();
        }
        assertEquals(before, Torch.liveHandles());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void twentyStepsEqualPythons(String name) {
        long before = LiveHandles.settled();
        try (TensorScope _ = TensorScope.open();
                FusedOptimizer<?> optimizer = CASES.get(name).of(parameters(), 0.05)) {
            Map<String, Tensor> parameters = optimizer.groups().get(0).parameters();
            steps(optimizer, parameters, 0, STEPS);
            parameters.forEach((parameter, tensor) -> assertEqualsPython(name + "/parameter." + parameter, tensor));
            assertStateEqualsPython(name, optimizer);
        }
        assertEquals(before, Torch.liveHandles());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aStateOfPythonGoesOnHere(String name) {
        try (TensorScope _ = TensorScope.open()) {
            Map<String, Tensor> whole = parameters();
            Map<String, Tensor> resumed = parameters();
            Map<String, Tensor> state = new LinkedHashMap<>();
            goldens.names(name + "/state.")
                    .forEach(key -> state.put("state." + key, goldens.get(name + "/state." + key)));
            try (FusedOptimizer<?> first = CASES.get(name).of(whole, 0.05);
                    FusedOptimizer<?> second = CASES.get(name).of(resumed, 0.05)) {
                steps(first, whole, 0, STEPS);
                resumed.forEach((key, tensor) -> tensor.detach().copy_(goldens.get(name + "/parameter." + key)));
                second.loadTorchState(state);
                steps(first, whole, STEPS, STEPS + 3);
                steps(second, resumed, STEPS, STEPS + 3);
                whole.forEach((key, tensor) -> assertArrayEquals(
                        tensor.toFloatArray(),
                        resumed.get(key).toFloatArray(),
                        goldens.sameKernels() ? 0 : 1e-5f,
                        key));
            }
        }
    }

    @Test
    void everyCaseOfTheFileIsTested() {
        Set<String> inFile = new TreeSet<>();
        goldens.names("").forEach(key -> inFile.add(key.substring(0, key.indexOf('/'))));
        Set<String> tested = cases();
        scaledCases().forEach(name -> tested.add(name + ".scaled"));
        assertEquals(inFile, tested);
    }
}
