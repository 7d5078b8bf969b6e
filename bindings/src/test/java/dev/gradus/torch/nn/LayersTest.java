package dev.gradus.torch.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layers and functions give the numbers that PyTorch 2.13 gives. Tolerance: a few units in the last place of a float. */
class LayersTest {
    private static final float TOLERANCE = 2e-6f;

    private TensorScope scope;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static void assertValues(Tensor actual, double... expected) {
        float[] floats = new float[expected.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) expected[i];
        }
        assertArrayEquals(floats, actual.toFloatArray(), TOLERANCE);
    }

    private static Tensor counting(int n, double factor, double offset, long... shape) {
        return Torch.arange(n).mul(factor).add(offset).reshape(shape);
    }

    @Test
    void layersStartFromTheNumbersThatPyTorchDraws() {
        try (Generator generator = Generator.cpu(5);
                Conv2d conv = new Conv2d(2, 3, 2, ConvOptions.stride(2).withPadding(1), generator);
                Linear linear = new Linear(3, 2, generator);
                Embedding embedding = new Embedding(2, 3, generator)) {
            assertValues(
                    conv.weight().select(0, 0),
                    0.23352333903312683,
                    -0.26437950134277344,
                    0.28812456130981445,
                    0.22622257471084595,
                    0.29705798625946045,
                    -0.27107277512550354,
                    -0.23731103539466858,
                    0.16823440790176392);
            assertValues(conv.bias(), 0.335989773273468, -0.28967034816741943, 0.019321927800774574);
            assertValues(
                    linear.weight(),
                    0.207137331366539,
                    -0.27264711260795593,
                    -0.12632854282855988,
                    -0.3855139911174774,
                    -0.27295276522636414,
                    -0.5263513326644897);
            assertValues(linear.bias(), -0.013380643911659718, 0.3423258662223816);
            assertValues(
                    embedding.forward(Torch.tensor(0L, 1L)),
                    1.0882866382598877,
                    -0.3880068361759186,
                    1.5984535217285156,
                    -1.2476179599761963,
                    0.43925032019615173,
                    -0.5217031240463257);
        }
    }

    @Test
    void convolutionTakesPaddingDilationAndGroups() {
        Tensor x = counting(24, 0.125, 0, 1, 4, 2, 3);
        Tensor weight = counting(16, 0.25, -2, 2, 2, 2, 2);
        ConvOptions options = ConvOptions.padding(1).withDilation(2).withGroups(2);
        Tensor y = F.conv2d(x, weight, Torch.tensor(1f, -1f), options);
        assertArrayEquals(new long[] {1, 2, 2, 3}, y.shape());
        assertValues(y, 0.0625, -1.25, -0.375, 0.125, -0.9375, -0.125, 5.3125, 10.5, 4.125, 2.375, 4.8125, 1.375);
    }

    @Test
    void groupNormScalesAndShiftsEachChannel() {
        Tensor y = F.groupNorm(
                counting(24, 0.125, 0, 1, 4, 2, 3),
                2,
                Torch.tensor(1f, 2f, 3f, 4f),
                Torch.tensor(0f, 0.5f, 0f, 0f),
                1e-5);
        assertValues(y.select(1, 0), -1.59321213, -1.30353713, -1.01386225, -0.72418731, -0.43451238, -0.14483744);
        assertValues(y.select(1, 1), 0.789675, 1.36902487, 1.94837475, 2.52772474, 3.1070745, 3.68642426);
        assertValues(y.select(1, 3), 0.57934713, 1.73804688, 2.89674664, 4.05544662, 5.21414614, 6.37284565);
    }

    @Test
    void layerNormGoesOverTheLastDimensions() {
        Tensor y = F.layerNorm(counting(3, 0.125, 0, 1, 3), new long[] {3}, null, null, 1e-5);
        assertValues(y, -1.22415745, 0, 1.22415745);
    }

    @Test
    void activationsEqualPyTorchs() {
        Tensor x = Torch.tensor(-2f, -0.5f, 0f, 1.5f);
        assertValues(F.silu(x), -0.23840584, -0.18877034, 0, 1.22636163);
        assertValues(F.relu(x), 0, 0, 0, 1.5);
        assertValues(F.gelu(x), -0.04550028, -0.15426877, 0, 1.39978909);
        assertValues(F.softmax(x, 0), 0.02174566, 0.09745727, 0.16067988, 0.72011721);
    }

    @Test
    void attentionMixesTheValues() {
        Tensor q = Torch.fromArray(new float[] {1, 0, 0, 2}, 1, 2, 2);
        Tensor k = Torch.fromArray(new float[] {0.5f, 1, -1, 0, 2, 2}, 1, 3, 2);
        Tensor v = Torch.fromArray(new float[] {1, 2, 3, 4, 5, 6}, 1, 3, 2);
        assertValues(F.scaledDotProductAttention(q, k, v), 3.8918531, 4.89185286, 4.16244841, 5.16244841);
    }

    @Test
    void interpolationAndPaddingKeepThePixels() {
        Tensor x = Torch.fromArray(new float[] {1, 2}, 1, 1, 1, 2);
        assertValues(F.interpolateNearest(x, 2.0), 1, 1, 2, 2, 1, 1, 2, 2);
        assertValues(F.pad(x, 0, 1, 0, 1), 1, 2, 0, 0, 0, 0);
    }

    @Test
    void meanSquaredErrorIsAMean() {
        assertEquals(2.5, F.mseLoss(Torch.tensor(1f, 2f), Torch.tensor(0f, 4f)).item());
    }

    @Test
    void dropoutDrawsFromTheDefaultGenerator() {
        try (Dropout dropout = new Dropout(0.4)) {
            Torch.manualSeed(9);
            double kept = 1.6666666269302368;
            assertValues(dropout.forward(Torch.ones(10)), kept, 0, kept, kept, kept, 0, kept, kept, kept, kept);
        }
    }

    @Test
    void dropoutDoesNothingInEvaluationMode() {
        try (Dropout dropout = new Dropout(0.4)) {
            dropout.train(false);
            Tensor x = Torch.ones(10);
            assertSame(x, dropout.forward(x));
        }
    }

    @Test
    void sizesThatDoNotFitAreRefusedByName() {
        assertEquals(
                "channels (6) must be divisible by groups (4)",
                assertThrows(IllegalArgumentException.class, () -> new GroupNorm(4, 6, 1e-5))
                        .getMessage());
        assertEquals(
                "padding must be at least 0, is -1",
                assertThrows(IllegalArgumentException.class, () -> ConvOptions.padding(-1))
                        .getMessage());
        assertEquals(
                "the dropout probability must be in [0, 1], is 1.5",
                assertThrows(IllegalArgumentException.class, () -> new Dropout(1.5))
                        .getMessage());
    }
}
