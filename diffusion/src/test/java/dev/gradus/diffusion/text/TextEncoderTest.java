package dev.gradus.diffusion.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
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
import dev.gradus.torch.io.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The encoder and the TorchScript files are those of {@code make_text_goldens.py}. */
class TextEncoderTest {
    private static final long SEED = 20_240_310;
    /** Where the processor adds in another order; on the one that made the goldens the difference is 0. */
    private static final float TOLERANCE = 1e-5f;

    private TensorScope scope;

    @BeforeEach
    void open() {
        Torch.setNumThreads(1);
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static TransformerTextEncoder golden() throws Exception {
        return (TransformerTextEncoder) TextEncoder.load(TextGoldens.path("text-encoder"));
    }

    private static BytePairVocabulary vocabulary() throws Exception {
        return BytePairVocabulary.load(TextGoldens.path("text-vocabulary/tokenizer.json"));
    }

    @Test
    void vectorsAndGradientsEqualPythons() throws Exception {
        Map<String, Tensor> expected = SafeTensors.load(TextGoldens.path("text-encoder/outputs.safetensors"));
        try (TransformerTextEncoder encoder = golden()) {
            TokenBatch tokens =
                    encoder.tokens(List.of("smiling cat face", "", "heavy black heart and many more words"));
            assertArrayEquals(expected.get("ids").toLongArray(), tokens.ids().toLongArray());
            assertArrayEquals(
                    expected.get("mask").toBooleanArray(), tokens.mask().toBooleanArray());
            Tensor output = encoder.encode(tokens);
            Tensor loss = output.square().mul(tokens.mask().unsqueeze(2)).cos().mean();
            loss.backward();
            Map<String, Tensor> actual = new LinkedHashMap<>();
            encoder.namedParameters().forEach((name, parameter) -> actual.put("grad." + name, parameter.grad()));
            actual.put("output", output);
            actual.put("loss", loss);
            actual.put("ids", tokens.ids());
            actual.put("mask", tokens.mask());
            assertEquals(expected.keySet(), actual.keySet());
            for (String key : actual.keySet()) {
                if (!key.equals("ids") && !key.equals("mask")) {
                    assertArrayEquals(
                            expected.get(key).toFloatArray(), actual.get(key).toFloatArray(), TOLERANCE, key);
                }
            }
        }
    }

    @Test
    void initialWeightsEqualPythons() throws Exception {
        try (Generator generator = Generator.cpu(SEED);
                TransformerTextEncoder saved = golden();
                TransformerTextEncoder fresh =
                        new TransformerTextEncoder(saved.config(), saved.vocabulary(), generator)) {
            Map<String, Tensor> expected = saved.namedParameters();
            fresh.namedParameters()
                    .forEach((name, parameter) -> assertArrayEquals(
                            expected.get(name).toFloatArray(), parameter.toFloatArray(), TOLERANCE, name));
        }
    }

    @Test
    void paddingChangesNothing() throws Exception {
        try (TransformerTextEncoder encoder = golden();
                var _ = Autograd.noGrad()) {
            BytePairVocabulary vocabulary = encoder.vocabulary();
            Tensor shorter = encoder.encode(vocabulary.batch(List.of("cat face"), 4));
            Tensor longer =
                    encoder.encode(vocabulary.batch(List.of("cat face"), 7)).narrow(1, 0, 4);
            assertArrayEquals(shorter.flatten().toFloatArray(), longer.flatten().toFloatArray(), TOLERANCE);
        }
    }

    @Test
    void aNetworkIsToldVectorsAndMask() throws Exception {
        try (TransformerTextEncoder encoder = golden()) {
            TokenBatch tokens = encoder.tokens(List.of("", "heart"));
            Conditioning told = encoder.condition(tokens);
            assertArrayEquals(
                    new long[] {2, encoder.maxLength(), encoder.width()},
                    told.text().shape());
            assertArrayEquals(tokens.mask().toBooleanArray(), told.textMask().toBooleanArray());
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void gradientsGoThroughANetworkToTheEncoder(boolean bf16) throws Exception {
        UNet2DConfig config = UNet2DConfig.emoji().with(c -> {
            c.sampleSize = 8;
            c.inChannels = 1;
            c.outChannels = 1;
            c.blockOutChannels = List.of(8, 8);
            c.downBlockTypes = List.of("DownBlock2D", "DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D");
            c.crossAttentionDim = 8;
        });
        try (Generator generator = Generator.cpu(1);
                Network network = Network.of(config, generator);
                TransformerTextEncoder encoder = golden();
                Guard _ = bf16 ? Autocast.open(Device.Type.CPU, DType.BFLOAT16) : Autograd.enableGrad()) {
            TokenBatch tokens = encoder.tokens(List.of("heart", "cat face"));
            Tensor sample = Torch.randn(generator, 2, 1, 8, 8);
            Tensor output = network.forward(sample, Torch.tensor(5L), encoder.condition(tokens));
            output.to(DType.FLOAT32).square().mean().backward();
            encoder.namedParameters()
                    .forEach((name, parameter) ->
                            assertTrue(parameter.grad().abs().max().item() > 0, () -> name + " has no gradient"));
        }
    }

    @Test
    void tokensThatTheEncoderDoesNotKnowAreExceptions() throws Exception {
        try (TransformerTextEncoder encoder = golden()) {
            assertEquals(
                    "captions may have at most 7 tokens, start and end included; these have 8",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> encoder.encode(encoder.vocabulary().batch(List.of("x"), 8)))
                            .getMessage());
            for (long wrong : new long[] {encoder.vocabulary().size(), -1}) {
                TokenBatch batch = new TokenBatch(Torch.tensor(new long[] {1, wrong}, 1, 2), mask(1, 2));
                assertThrows(TorchIndexException.class, () -> encoder.encode(batch));
            }
            assertThrows(IllegalArgumentException.class, () -> new TokenBatch(Torch.ones(1, 2), mask(1, 2)));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new TokenBatch(Torch.tensor(new long[] {1, 2}, 1, 2), mask(1, 3)));
        }
    }

    private static Tensor mask(long rows, long columns) {
        return Torch.ones(rows, columns).gt(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "258 | 8 | 8 | 1 | 1 | 0   | conditioning.text.vocabularySize: must be from 259 to 1048576, is 258",
                "300 | 2 | 8 | 1 | 1 | 0   | conditioning.text.maxLength: must be from 3 to 16384, is 2",
                "300 | 8 | 0 | 1 | 1 | 0   | conditioning.text.width: must be from 1 to 16384, is 0",
                "300 | 8 | 8 | 0 | 1 | 0   | conditioning.text.layers: must be from 1 to 256, is 0",
                "300 | 8 | 8 | 1 | 3 | 0   | conditioning.text.heads: must divide width (8), is 3",
                "300 | 8 | 8 | 1 | 1 | NaN | conditioning.text.dropout: must be at least 0 and below 1, is NaN"
            })
    void aComponentOutOfRangeIsRefusedByName(
            int vocabulary, int length, int width, int layers, int heads, double dropout, String message) {
        assertEquals(
                message,
                assertThrows(
                                ConfigException.class,
                                () -> new TextEncoderConfig(vocabulary, length, width, layers, heads, dropout))
                        .getMessage());
    }

    @Test
    void aVocabularyThatIsTooLargeIsRefused() throws Exception {
        TextEncoderConfig config = new TextEncoderConfig(300, 8, 8, 1, 1, 0);
        BytePairVocabulary large = vocabulary();
        try (Generator generator = Generator.cpu(0)) {
            assertThrows(IllegalArgumentException.class, () -> new TransformerTextEncoder(config, large, generator));
        }
    }

    @Test
    void aSavedEncoderIsLoadedAgain(@TempDir Path folder) throws Exception {
        try (TransformerTextEncoder encoder = golden()) {
            encoder.save(folder);
            for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
                assertTrue(Files.exists(folder.resolve(name)), name);
            }
            try (TextEncoder loaded = TextEncoder.load(folder)) {
                TransformerTextEncoder same = assertInstanceOf(TransformerTextEncoder.class, loaded);
                assertEquals(encoder.config(), same.config());
                assertEquals(encoder.vocabulary(), same.vocabulary());
                TokenBatch tokens = encoder.tokens(List.of("heart"));
                assertArrayEquals(
                        encoder.encode(tokens).detach().toFloatArray(),
                        same.encode(tokens).detach().toFloatArray());
            }
        }
    }

    @Test
    void aBrokenFolderIsRefusedByName(@TempDir Path folder) throws Exception {
        assertEquals(
                "the folder of a text encoder " + folder + " has no file config.json",
                assertThrows(DataException.class, () -> TextEncoder.load(folder))
                        .getMessage());
        try (TransformerTextEncoder encoder = golden()) {
            encoder.save(folder);
        }
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"width\" : 8", "\"width\" : \"8\""));
        assertEquals(
                config + ": width must be a whole number, is \"8\"",
                assertThrows(DataException.class, () -> TextEncoder.load(folder))
                        .getMessage());
        Files.writeString(config, text.replace("\"width\" : 8", "\"width\" : 16"));
        String message = assertThrows(DataException.class, () -> TextEncoder.load(folder))
                .getMessage();
        assertTrue(message.startsWith(folder.resolve("model.safetensors") + " does not fit config.json: "), message);
    }

    @Test
    void aTorchScriptEncoderIsCalledWithTokensAndMask(@TempDir Path folder) throws Exception {
        try (ScriptTextEncoder encoder = ScriptTextEncoder.load(TextGoldens.path("text-script.ts"), vocabulary(), 6)) {
            assertEquals(3, encoder.width());
            assertTrue(encoder.trainable().isEmpty());
            TokenBatch tokens = encoder.tokens(List.of("", "heart"));
            Tensor vectors = encoder.encode(tokens);
            assertArrayEquals(new long[] {2, 6, 3}, vectors.shape());
            assertEquals(0, vectors.get(0).narrow(0, 2, 4).abs().max().item(), "padding is masked");
            assertTrue(vectors.get(1).narrow(0, 0, 2).abs().min().item() > 0);
            assertTrue(!vectors.requiresGrad());

            encoder.save(folder);
            try (TextEncoder loaded = TextEncoder.load(folder)) {
                assertArrayEquals(vectors.toFloatArray(), loaded.encode(tokens).toFloatArray());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text-script-flat.ts | for tokens of [1, 2] it answers a tensor of [1, 3]",
                "text-script-one-argument.ts | forward",
                "text-vocabulary/tokenizer.json | no TorchScript module"
            })
    void aTorchScriptModuleThatDoesSomethingElseIsRefused(String name, String reason) throws Exception {
        Path file = TextGoldens.path(name);
        BytePairVocabulary vocabulary = vocabulary();
        String message = assertThrows(DataException.class, () -> ScriptTextEncoder.load(file, vocabulary, 6))
                .getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(reason), message);
    }

    @Test
    void aTorchScriptEncoderWithFewerTokensThanTheVocabularyIsRefused() throws Exception {
        Path file = TextGoldens.path("text-script.ts");
        BytePairVocabulary larger = vocabularyWithALateLetter();
        assertThrows(DataException.class, () -> ScriptTextEncoder.load(file, larger, 6));
    }

    /** Its letter x, which is tried, has a number beyond the table of the script. */
    private static BytePairVocabulary vocabularyWithALateLetter() throws Exception {
        BytePairVocabulary known = vocabulary();
        List<String> tokens = new ArrayList<>(known.tokens());
        Collections.swap(tokens, tokens.indexOf("x"), 3);
        tokens.add("unused");
        Collections.swap(tokens, 3, tokens.size() - 1);
        return new BytePairVocabulary(tokens, known.merges(), known.special());
    }

    @Test
    void encodingLeavesOnlyItsResult() throws Exception {
        try (TransformerTextEncoder encoder = golden()) {
            TokenBatch tokens = encoder.tokens(List.of("heart"));
            long before = Torch.liveHandles();
            encoder.encode(tokens);
            assertEquals(before + 1, Torch.liveHandles());
        }
    }
}
