package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Autocast;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Guard;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchIndexException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every kind of network does with classes and text, and what it says to those that do not fit. */
class ConditioningTest {
    private static final int TEXT = 6;
    private static final int CLASSES = 4;
    private static final UNet2DConfig UNET = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.blockOutChannels = List.of(8);
        c.layersPerBlock = 1;
        c.downBlockTypes = List.of("DownBlock2D");
        c.upBlockTypes = List.of("UpBlock2D");
        c.numClassEmbeds = CLASSES;
        c.nullClassEmbed = true;
        c.crossAttentionDim = TEXT;
    });
    private static final DiTConfig DIT = DiTConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.hiddenSize = 16;
        c.depth = 2;
        c.numClassEmbeds = CLASSES;
        c.nullClassEmbed = true;
        c.crossAttentionDim = TEXT;
    });

    private TensorScope scope;
    private Guard noGrad;

    @BeforeEach
    void open() {
        Torch.setNumThreads(1);
        scope = TensorScope.open();
        noGrad = Autograd.noGrad();
    }

    @AfterEach
    void close() {
        noGrad.close();
        scope.close();
    }

    private static Stream<ModelConfig> configs() {
        return Stream.of(UNET, DIT);
    }

    /** All parameters are random, also those that start as zeros. */
    private static Network network(ModelConfig config) {
        try (Generator generator = Generator.cpu(3)) {
            Network network = Network.of(config, generator);
            network.parameters().forEach(parameter -> parameter.add_(Torch.randn(generator, parameter.shape())));
            return network;
        }
    }

    private static Tensor sample() {
        return Torch.ones(2, 1, 8, 8);
    }

    private static Tensor time() {
        return Torch.tensor(1L, 500L);
    }

    private static Tensor labels() {
        return Torch.tensor(0L, 2L);
    }

    /** Tokens that differ from each other. */
    private static Tensor text() {
        return Torch.linspace(-1, 1, 2 * 3 * TEXT).reshape(2, 3, TEXT);
    }

    private static Tensor mask(boolean... values) {
        return Torch.tensor(values, 2, 3);
    }

    private static boolean equal(Tensor a, Tensor b) {
        return a.sub(b).abs().max().item() <= 1e-6 * a.abs().max().item();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void classAndTextChangeTheAnswer(ModelConfig config) {
        try (Network network = network(config)) {
            Tensor answer = network.forward(sample(), time(), new Conditioning(labels(), text(), null));
            Tensor other = Torch.tensor(1L, 2L);
            Tensor otherClass = network.forward(sample(), time(), new Conditioning(other, text(), null));
            Tensor otherText = network.forward(sample(), time(), new Conditioning(labels(), text().mul(-1), null));
            assertFalse(equal(answer.get(0), otherClass.get(0)));
            assertTrue(equal(answer.get(1), otherClass.get(1)), "the second image's class is the same");
            assertFalse(equal(answer, otherText));
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aTokenThatTheMaskLeavesOutDoesNotCount(ModelConfig config) {
        try (Network network = network(config)) {
            Tensor mask = mask(true, true, false, true, true, false);
            Tensor answer = network.forward(sample(), time(), new Conditioning(labels(), text(), mask));
            Tensor longer = Torch.cat(
                    List.of(text().narrow(1, 0, 2), Torch.ones(2, 1, TEXT).mul(1000)), 1);
            Tensor shorter = text().narrow(1, 0, 2);
            assertTrue(equal(answer, network.forward(sample(), time(), new Conditioning(labels(), longer, mask))));
            assertTrue(equal(answer, network.forward(sample(), time(), new Conditioning(labels(), shorter, null))));
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aTextOfWhichNoTokenCountsGivesNumbersStill(ModelConfig config) {
        try (Network network = network(config)) {
            Tensor mask = mask(true, true, true, false, false, false);
            Tensor answer = network.forward(sample(), time(), new Conditioning(labels(), text(), mask));
            assertEquals(1, answer.isfinite().all().itemLong());
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aClassOutOfRangeIsAnException(ModelConfig config) {
        try (Network network = network(config)) {
            for (long wrong : new long[] {CLASSES, -1, Long.MAX_VALUE}) {
                Conditioning conditioning = new Conditioning(Torch.tensor(0L, wrong), text(), null);
                assertThrows(TorchIndexException.class, () -> network.forward(sample(), time(), conditioning));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void whatIsMissingOrDoesNotFitIsRefusedSayingWhatWould(ModelConfig config) {
        try (Network network = network(config)) {
            assertEquals(
                    "the network is conditional on 4 classes and needs class labels",
                    refusal(network, new Conditioning(null, text(), null)));
            assertEquals(
                    "class labels must be whole numbers (int64), are float32",
                    refusal(network, new Conditioning(labels().to(DType.FLOAT32), text(), null)));
            assertEquals(
                    "the network is conditional on text and needs 6 numbers per token",
                    refusal(network, Conditioning.ofLabels(labels())));
            assertEquals(
                    "the text must have the shape (2, L, 6), has (2, 3, 5)",
                    refusal(network, new Conditioning(labels(), Torch.zeros(2, 3, 5), null)));
            assertEquals(
                    "the text must have the shape (2, L, 6), has (2, 0, 6)",
                    refusal(network, new Conditioning(labels(), Torch.zeros(2, 0, 6), null)));
            assertEquals(
                    "the text must be of floating point numbers, is of int64",
                    refusal(network, new Conditioning(labels(), text().to(DType.INT64), null)));
            assertEquals(
                    "the mask of the text must be bool of the shape (2, 3), is float32 of (2, 3)",
                    refusal(network, new Conditioning(labels(), text(), Torch.ones(2, 3))));
        }
    }

    @Test
    void whatAnUnconditionalNetworkDoesNotTakeIsRefused() {
        DiTConfig config = DIT.with(c -> {
            c.numClassEmbeds = null;
            c.nullClassEmbed = false;
            c.crossAttentionDim = null;
        });
        try (Network network = network(config)) {
            assertEquals(
                    "class labels are given, but the network is unconditional",
                    refusal(network, Conditioning.ofLabels(labels())));
            assertEquals(
                    "a text is given, but the network takes none", refusal(network, Conditioning.ofText(text(), null)));
            assertEquals(
                    "height and width of the sample must be 8; its shape is (2, 1, 8, 6)",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> network.forward(Torch.ones(2, 1, 8, 6), time(), Conditioning.none()))
                            .getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> Conditioning.ofText(null, Torch.ones(1, 1)));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void runsUnderAutocast(ModelConfig config) {
        try (Network network = network(config)) {
            Conditioning told = new Conditioning(labels(), text(), mask(true, true, true, true, false, false));
            Tensor exact = network.forward(sample(), time(), told);
            Tensor rounded;
            try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
                rounded = network.forward(sample(), time(), told).to(DType.FLOAT32);
            }
            assertFalse(equal(exact, rounded), "bfloat16 is used");
            // 8 bits of mantissa through about 20 layers.
            double difference = exact.sub(rounded).abs().max().item();
            assertTrue(difference < 0.1 * exact.abs().max().item(), () -> "differs by " + difference);
        }
    }

    @Test
    void theNullClassIsTheLastEmbedding() {
        assertEquals(CLASSES - 1, DIT.nullClass());
        assertEquals(null, UNET.with(c -> c.nullClassEmbed = false).nullClass());
    }

    private static String refusal(Network network, Conditioning conditioning) {
        return assertThrows(IllegalArgumentException.class, () -> network.forward(sample(), time(), conditioning))
                .getMessage();
    }
}
