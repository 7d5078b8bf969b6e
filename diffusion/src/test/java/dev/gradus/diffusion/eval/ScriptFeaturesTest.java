package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.eval.ScriptFeatures.Options;
import dev.gradus.diffusion.eval.ScriptFeatures.Range;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptFeaturesTest {
    private static final Options PLAIN = new Options(0, Range.SIGNED, false);

    @TempDir
    private Path folder;

    private TensorScope scope;
    private Map<String, Tensor> expected;

    @BeforeEach
    void open() throws Exception {
        scope = TensorScope.open();
        expected = SafeTensors.load(script("expected.safetensors"));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Path script(String name) throws Exception {
        return Path.of(ScriptFeaturesTest.class
                .getResource("/goldens/eval-script/" + name)
                .toURI());
    }

    private static ScriptFeatures open(String name, Options options) throws Exception {
        return ScriptFeatures.open(script(name), options, Device.cpu());
    }

    private void requireEqual(String name, Tensor found) {
        assertArrayEquals(expected.get(name).toFloatArray(), found.contiguous().toFloatArray(), 1e-6f, name);
    }

    @ParameterizedTest
    @CsvSource({"0, SIGNED", "5, SIGNED", "12, UNIT", "0, BYTES", "12, UINT8", "0, IMAGENET"})
    void imagesAreResizedAndScaledAsPythonDoes(int size, Range range) throws Exception {
        try (ScriptFeatures features = open("tuple.pt", new Options(size, range, false))) {
            FeatureExtractor.Output output = features.extract(expected.get("images"));
            requireEqual("features." + size + "." + range, output.features());
            requireEqual("probabilities." + size + "." + range, output.probabilities());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"features.pt", "tuple.pt", "dict.pt", "logits-first.pt", "asked.pt"})
    void featuresAreFoundInEveryFormOfAnswer(String name) throws Exception {
        boolean logitsFirst = name.equals("logits-first.pt");
        try (ScriptFeatures features = open(name, new Options(0, Range.SIGNED, logitsFirst))) {
            FeatureExtractor.Output output = features.extract(expected.get("images"));
            assertEquals(4, features.dims());
            requireEqual("features.0.SIGNED", output.features());
            if (name.equals("features.pt") || name.equals("asked.pt")) {
                assertFalse(features.hasProbabilities());
                assertNull(output.probabilities());
            } else {
                assertTrue(features.hasProbabilities());
                requireEqual("probabilities.0.SIGNED", output.probabilities());
            }
        }
    }

    @Test
    void greyImagesAreTakenAsColouredOnes() throws Exception {
        try (ScriptFeatures features = open("features.pt", PLAIN)) {
            Tensor coloured = expected.get("images").repeat(1, 3, 1, 1);
            requireEqual("features.0.SIGNED", features.extract(coloured).features());
        }
    }

    @Test
    void theNameSaysWhichFileItIs() throws Exception {
        Path copy = Files.copy(script("features.pt"), folder.resolve("inception.v3.ts"));
        Path other = Files.copy(script("asked.pt"), folder.resolve("inception.ts"));
        try (ScriptFeatures first = ScriptFeatures.open(copy, PLAIN, Device.cpu());
                ScriptFeatures second = ScriptFeatures.open(other, PLAIN, Device.cpu());
                ScriptFeatures resized =
                        ScriptFeatures.open(other, new Options(9, Range.SIGNED, false), Device.cpu())) {
            assertTrue(first.name().matches("inception\\.v3@[0-9a-f]{8}"), first.name());
            assertTrue(second.name().matches("inception@[0-9a-f]{8}"), second.name());
            assertNotEquals(first.name().split("@")[1], second.name().split("@")[1]);
            assertNotEquals(second.identity(), resized.identity(), "options are part of the identity");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | answered a String where its features should be",
                "2 | answered nothing where its features should be",
                "3 | answered [3, 4] as float32 where its features of 2 images should be, (2, D) in floating point",
                "4 | answered features that are not finite",
                "5 | answered [2, 4] as int64 where its features of 2 images should be",
                "6 | answered [2, 4, 2, 2] as float32 where its features of 2 images should be",
                "7 | answered [2, 0] as float32 where its features of 2 images should be",
                "8 | answered [3] as float32 where its logits of 2 images should be",
                "9 | cannot take images of [2, 3, 9, 9] as float32"
            })
    void answersThatAreNoFeaturesAreRefused(int size, String message) throws Exception {
        Options options = new Options(size, Range.SIGNED, false);
        String found = assertThrows(EvaluationException.class, () -> open("nonsense.pt", options))
                .getMessage();
        assertTrue(found.contains("nonsense.pt: nonsense@") && found.contains(message), found);
    }

    @Test
    void anotherNumberOfFeaturesThanBeforeIsRefused() throws Exception {
        try (ScriptFeatures features = open("nonsense.pt", PLAIN)) {
            assertEquals(4, features.dims());
            String found = assertThrows(EvaluationException.class, () -> features.extract(Torch.ones(2, 1, 16, 16)))
                    .getMessage();
            assertTrue(found.contains("answered 3 features for these images, but 4 before"), found);
        }
    }

    @Test
    void whatIsNoTorchScriptFileIsRefused() throws Exception {
        Path text = Files.writeString(folder.resolve("text.ts"), "no network");
        Path cut = folder.resolve("cut.ts");
        byte[] whole = Files.readAllBytes(script("features.pt"));
        Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
        for (Path file : new Path[] {text, cut}) {
            String found = assertThrows(EvaluationException.class, () -> ScriptFeatures.open(file, PLAIN, Device.cpu()))
                    .getMessage();
            assertTrue(found.startsWith(file + " is no TorchScript file (") && !found.contains("\n"), found);
        }
        Path missing = folder.resolve("missing.ts");
        assertEquals(
                "there is no TorchScript file " + missing,
                assertThrows(EvaluationException.class, () -> ScriptFeatures.open(missing, PLAIN, Device.cpu()))
                        .getMessage());
    }

    @Test
    void imagesOfOtherChannelsAreRefused() throws Exception {
        try (ScriptFeatures features = open("features.pt", PLAIN)) {
            assertThrows(EvaluationException.class, () -> features.extract(Torch.zeros(2, 4, 8, 8)));
            assertThrows(EvaluationException.class, () -> features.extract(Torch.zeros(8, 8)));
        }
    }
}
