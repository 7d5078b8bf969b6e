package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The fused kernel, compared with ATen's operators in float64. */
class FusedGroupNormTest {
    private final Random random = new Random(7);
    private TensorScope scope;
    private Generator generator;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
        generator = Generator.cpu(7);
    }

    @AfterEach
    void close() {
        generator.close();
        scope.close();
    }

    /** What the operator is given. Those that are missing are null. */
    private record Case(
            Tensor x, long groups, Tensor weight, Tensor bias, Tensor added, Tensor scaleShift, boolean silu) {
        List<Tensor> given() {
            List<Tensor> given = new ArrayList<>();
            for (Tensor tensor : new Tensor[] {x, weight, bias, added, scaleShift}) {
                if (tensor != null) {
                    given.add(tensor);
                }
            }
            return given;
        }

        /** The same values in float64, in leaves of their own. */
        Case exact() {
            return new Case(exact(x), groups, exact(weight), exact(bias), exact(added), exact(scaleShift), silu);
        }

        private static Tensor exact(Tensor tensor) {
            return tensor == null
                    ? null
                    : tensor.detach().to(DType.FLOAT64).contiguous().requiresGrad_(true);
        }

        NeuralOps.FusedGroupNorm fused() {
            return NeuralOps.fusedGroupNorm(x, groups, weight, bias, 1e-5, added, scaleShift, silu);
        }

        /** By ATen's operators. */
        Tensor composite() {
            Tensor y = added == null ? x : x.add(spread(added));
            y = NeuralOps.groupNorm(y, groups, weight, bias, 1e-5);
            if (scaleShift != null) {
                Tensor[] parts = spread(scaleShift).chunk(2, 1);
                y = y.mul(parts[0].add(1)).add(parts[1]);
            }
            return silu ? F.silu(y) : y;
        }

        private Tensor spread(Tensor each) {
            for (int i = 2; i < x.dim(); i++) {
                each = each.unsqueeze(i);
            }
            return each;
        }
    }

    private int one(int... of) {
        return of[random.nextInt(of.length)];
    }

    private Tensor randn(DType dtype, long... shape) {
        return Torch.randn(generator, shape).to(dtype).requiresGrad_(true);
    }

    /** Any shape, layout and parameters. */
    private Case any(DType dtype) {
        long groups = one(1, 2, 4, 8);
        long channels = groups * one(1, 2, 3, 4, 8, 17);
        long batch = one(1, 2, 3);
        long[] shape = random.nextInt(5) == 0
                ? new long[] {batch, channels, one(2, 49, 100)}
                : new long[] {batch, channels, one(1, 2, 7, 28), one(2, 5, 8, 31)};
        Tensor x = Torch.randn(generator, shape).mul(one(1, 3)).add(one(0, 2)).to(dtype);
        switch (one(0, 1, 2)) {
            case 0 -> x = x.contiguous();
            case 1 -> x = shape.length == 4 ? x.contiguous(MemoryFormat.CHANNELS_LAST) : x;
            // Every second pixel of a row: in no layout that the kernel has.
            default -> x = Torch.cat(List.of(x, x), x.dim() - 1).slice(x.dim() - 1, 0, 2 * x.size(-1), 2);
        }
        DType parameters = dtype == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
        boolean affine = random.nextInt(4) > 0;
        return new Case(
                x.detach().requiresGrad_(true),
                groups,
                affine ? randn(parameters, channels) : null,
                affine ? randn(parameters, channels) : null,
                random.nextBoolean() ? randn(parameters, batch, channels) : null,
                random.nextBoolean() ? randn(parameters, batch, 2 * channels) : null,
                random.nextInt(3) > 0);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT32", "FLOAT64", "BFLOAT16"})
    void resultsAndGradientsAreThoseOfTheSingleOperators(DType dtype) {
        // Of the greatest gradient. Gradients of bfloat16 are rounded twice, to 8 bits.
        double allowed = switch (dtype) {
            case FLOAT64 -> 1e-12;
            case FLOAT32 -> 1e-5;
            default -> 1.5e-2;
        };
        for (int i = 0; i < 60; i++) {
            try (var _ = TensorScope.open()) {
                Case given = any(dtype);
                Case exact = given.exact();
                NeuralOps.FusedGroupNorm fused = given.fused();
                Tensor expected = exact.composite();
                assertEquals(dtype, fused.output().dtype());
                assertTrue(
                        difference(fused.output(), expected) <= allowed * greatest(expected),
                        () -> "result of " + given + ": " + difference(fused.output(), expected));
                // Used twice: the residual connection has a gradient of its own.
                Tensor slope = Torch.randn(generator, expected.shape()).to(dtype);
                boolean residual = random.nextBoolean();
                Tensor sum = fused.output().mul(slope).to(DType.FLOAT64).sum();
                Tensor exactSum = expected.mul(slope.to(DType.FLOAT64)).sum();
                if (residual) {
                    sum = sum.add(fused.input().mul(slope).to(DType.FLOAT64).sum());
                    exactSum =
                            exactSum.add(exact.x().mul(slope.to(DType.FLOAT64)).sum());
                }
                sum.backward();
                exactSum.backward();
                for (int k = 0; k < given.given().size(); k++) {
                    Tensor found = given.given().get(k).grad();
                    Tensor wanted = exact.given().get(k).grad();
                    int which = k;
                    // Where all cancels, what is left is of the size of what was added up.
                    double scale = Math.max(greatest(wanted), greatest(slope));
                    assertTrue(
                            difference(found, wanted) <= allowed * scale,
                            () -> "gradient " + which + " of " + given + ": " + difference(found, wanted) + " of "
                                    + greatest(wanted));
                }
            }
        }
    }

    private static double difference(Tensor a, Tensor b) {
        return a.detach().to(DType.FLOAT64).sub(b.detach()).abs().max().item();
    }

    private static double greatest(Tensor tensor) {
        return tensor.detach().abs().max().item();
    }

    /** In units of the last place of a result, near 0 of that of 1/4: there it is a difference of larger numbers. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT32", "BFLOAT16"})
    void resultsAreRightToTwoUnitsInTheLastPlace(DType dtype) {
        int bits = dtype == DType.FLOAT32 ? 23 : 7;
        for (MemoryFormat format : new MemoryFormat[] {MemoryFormat.CONTIGUOUS, MemoryFormat.CHANNELS_LAST}) {
            Tensor x = Torch.randn(generator, 4, 64, 28, 28).add(1).to(dtype).contiguous(format);
            Case given = new Case(x, 8, randn(DType.FLOAT32, 64), randn(DType.FLOAT32, 64), null, null, true);
            Tensor exact = given.exact().composite().detach();
            Tensor unit = exact.abs()
                    .clamp(0.25, Double.POSITIVE_INFINITY)
                    .log2()
                    .floor()
                    .sub(bits)
                    .exp2();
            double fused = meanError(given.fused().output(), exact, unit);
            double single = meanError(given.composite(), exact, unit);
            assertTrue(fused < 2 && fused < 1.1 * single, format + ": " + fused + ", ATen's operators " + single);
        }
    }

    private static double meanError(Tensor found, Tensor exact, Tensor unit) {
        return found.detach()
                .to(DType.FLOAT64)
                .sub(exact)
                .abs()
                .div(unit)
                .mean()
                .item();
    }

    /** Against differences of the function itself, in float64. */
    @Test
    void gradientsAreTheSlopesOfTheFunction() {
        Case given = new Case(
                randn(DType.FLOAT64, 2, 4, 3, 3),
                2,
                randn(DType.FLOAT64, 4),
                randn(DType.FLOAT64, 4),
                randn(DType.FLOAT64, 2, 4),
                randn(DType.FLOAT64, 2, 8),
                true);
        Tensor slope = Torch.randn(generator, 2, 4, 3, 3).to(DType.FLOAT64);
        given.fused().output().mul(slope).sum().backward();
        double step = 1e-6;
        for (Tensor tensor : given.given()) {
            Tensor flat = tensor.detach().view(-1);
            for (int i = 0; i < flat.numel(); i++) {
                try (var _ = TensorScope.open();
                        var _ = Autograd.noGrad()) {
                    Tensor number = flat.narrow(0, i, 1);
                    number.add_(step);
                    double above = given.fused().output().mul(slope).sum().item();
                    number.sub_(2 * step);
                    double below = given.fused().output().mul(slope).sum().item();
                    number.add_(step);
                    double found = tensor.grad().view(-1).narrow(0, i, 1).item();
                    assertEquals((above - below) / (2 * step), found, 1e-7 * (1 + Math.abs(found)));
                }
            }
        }
    }

    /** As a penalty on the gradient needs. */
    @Test
    void gradientsHaveGradients() {
        Case given = any(DType.FLOAT64);
        Case exact = given.exact();
        Tensor first = Autograd.grad(given.fused().output().square().sum(), null, List.of(given.x()), true, true, false)
                .getFirst();
        Tensor firstExact = Autograd.grad(exact.composite().square().sum(), null, List.of(exact.x()), true, true, false)
                .getFirst();
        first.square().sum().backward();
        firstExact.square().sum().backward();
        assertTrue(difference(given.x().grad(), exact.x().grad())
                <= 1e-10 * Math.max(1, greatest(exact.x().grad())));
    }

    @Test
    void threadsDoNotChangeTheBits() {
        int before = Torch.getNumThreads();
        try {
            for (long batch : new long[] {1, 5}) {
                for (MemoryFormat format : new MemoryFormat[] {MemoryFormat.CONTIGUOUS, MemoryFormat.CHANNELS_LAST}) {
                    Tensor x = Torch.randn(generator, batch, 48, 40, 40).contiguous(format);
                    List<float[]> bits = new ArrayList<>();
                    for (int threads : new int[] {1, 2, 3, 7}) {
                        Torch.setNumThreads(threads);
                        Case given = new Case(
                                x.clone().requiresGrad_(true),
                                8,
                                Torch.ones(48).requiresGrad_(true),
                                null,
                                null,
                                null,
                                true);
                        Tensor y = given.fused().output();
                        y.square().sum().backward();
                        bits.add(y.detach().contiguous().toFloatArray());
                        bits.add(given.x().grad().contiguous().toFloatArray());
                        bits.add(given.weight().grad().toFloatArray());
                    }
                    for (int i = 3; i < bits.size(); i++) {
                        assertArrayEquals(bits.get(i % 3), bits.get(i));
                    }
                }
            }
        } finally {
            Torch.setNumThreads(before);
        }
    }

    @Test
    void numbersThatAreNoneStayNone() {
        for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16}) {
            Tensor x = Torch.ones(1, 20, 3, 3).to(dtype);
            x.select(1, 17).fill_(Double.NaN);
            Tensor y = NeuralOps.fusedGroupNorm(x, 20, null, null, 1e-5, null, null, true)
                    .output();
            assertEquals(9, (long) y.isnan().to(DType.FLOAT64).sum().item());
        }
    }

    @Test
    void anEmptyBatchHasAnEmptyResult() {
        Tensor y = NeuralOps.fusedGroupNorm(Torch.zeros(0, 4, 3, 3), 2, null, null, 1e-5, null, null, true)
                .output();
        assertArrayEquals(new long[] {0, 4, 3, 3}, y.shape());
    }

    @Test
    void theLayerIsTheSameFusedOrNot() {
        GroupNorm norm = new GroupNorm(4, 16);
        Tensor x = randn(DType.FLOAT32, 2, 16, 5, 5);
        Tensor added = randn(DType.FLOAT32, 2, 16);
        Tensor scaleShift = randn(DType.FLOAT32, 2, 32);
        Tensor single = norm.forward(x, added, scaleShift, true).output();
        norm.fused(true);
        Tensor fused = norm.forward(x, added, scaleShift, true).output();
        assertTrue(difference(fused, single.to(DType.FLOAT64)) < 1e-5);
        norm.close();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Tensor x = Torch.zeros(2, 4, 3, 3);
        Tensor wrong = Torch.zeros(3);
        assertRefused("the number of groups must divide the 4 channels, is 3", x, 3, null, null, null, null);
        assertRefused("the number of groups must divide the 4 channels, is 0", x, 0, null, null, null, null);
        assertRefused("the weight must be [4], is [3]", x, 2, wrong, null, null, null);
        assertRefused("the bias must be [4], is [3]", x, 2, null, wrong, null, null);
        assertRefused("the added embedding must be [2, 4], is [3]", x, 2, null, null, wrong, null);
        assertRefused("the scale and shift must be [2, 8], is [3]", x, 2, null, null, null, wrong);
        assertRefused("the input must have at least 2 dimensions", Torch.zeros(4), 2, null, null, null, null);
    }

    private static void assertRefused(
            String part, Tensor x, long groups, Tensor weight, Tensor bias, Tensor added, Tensor scaleShift) {
        String message = assertThrows(
                        TorchValueException.class,
                        () -> NeuralOps.fusedGroupNorm(x, groups, weight, bias, 1e-5, added, scaleShift, true))
                .getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void withoutGradientsNothingIsKept() {
        try (var _ = Autograd.noGrad()) {
            assertNull(any(DType.FLOAT32).fused().output().grad());
        }
    }
}
