package dev.gradus.diffusion.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifierFeaturesTest {
    private static final ReferenceData CORNERS = ReferenceData.of("corners", new TestImages(300, 8, true, 1));

    @TempDir
    private Path folder;

    private TensorScope scope;
    private int trainings;

    @BeforeEach
    void open() {
        scope = TensorScope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private ClassifierFeatures features(ReferenceData reference) throws IOException {
        return ClassifierFeatures.open(
                reference,
                new EvaluationCache(folder),
                Device.cpu(),
                (what, done, total) -> trainings += done == total ? 1 : 0);
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void theClassifierLearnsTheClassesAndSaysHowWell() throws Exception {
        try (ClassifierFeatures features = features(CORNERS)) {
            assertEquals("corners-cnn-v1", features.name());
            assertEquals(128, features.dims());
            assertTrue(features.accuracy() > 0.95, "right: " + features.accuracy());
            assertTrue(features.description().contains("% of held-out images"), features.description());
            Tensor others = new TestImages(99, 8, true, 2).tensor(99);
            FeatureExtractor.Output output = features.extract(others);
            assertArrayEquals(new long[] {99, 128}, output.features().shape());
            assertEquals(99, output.probabilities().sum().item(), 1e-4);
            long[] found = output.probabilities().argmax(1, false).toLongArray();
            int right = 0;
            for (int i = 0; i < found.length; i++) {
                right += found[i] == i % 3 ? 1 : 0;
            }
            assertTrue(right > 94, "right: " + right + " of 99 images that it never saw");
        }
    }

    @Test
    void theSecondTimeItComesFromTheCacheWithTheSameBits() throws Exception {
        Tensor images = CORNERS.images() instanceof TestImages test ? test.tensor(10) : null;
        try (ClassifierFeatures first = features(CORNERS);
                ClassifierFeatures second = features(CORNERS)) {
            assertEquals(1, trainings);
            assertEquals(first.identity(), second.identity());
            assertEquals(first.accuracy(), second.accuracy());
            assertArrayEquals(
                    first.extract(images).features().toFloatArray(),
                    second.extract(images).features().toFloatArray());
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameWeights() throws Exception {
        int threads = Torch.getNumThreads();
        Torch.setNumThreads(1);
        String identity;
        try (ClassifierFeatures first = features(CORNERS)) {
            identity = first.identity();
        }
        Files.delete(files().getFirst());
        Torch.setNumThreads(3);
        try (ClassifierFeatures second = features(CORNERS)) {
            assertEquals(2, trainings);
            assertEquals(identity, second.identity());
            assertEquals(3, Torch.getNumThreads(), "the number of threads was changed");
        } finally {
            Torch.setNumThreads(threads);
        }
    }

    @ParameterizedTest
    @CsvSource({"cut", "flipped", "empty"})
    void aDamagedFileIsMadeAnew(String damage) throws Exception {
        features(CORNERS).close();
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        byte[] broken = Arrays.copyOf(
                whole,
                switch (damage) {
                    case "cut" -> whole.length - 1;
                    case "empty" -> 0;
                    default -> whole.length;
                });
        if (damage.equals("flipped")) {
            broken[whole.length - 5] ^= 1;
        }
        Files.write(file, broken);
        features(CORNERS).close();
        assertEquals(2, trainings);
        assertArrayEquals(whole, Files.readAllBytes(file), "the file is not what it was");
    }

    @Test
    void otherDataHaveAnotherClassifier() throws Exception {
        ReferenceData others = ReferenceData.of("corners", new TestImages(300, 8, true, 2));
        try (ClassifierFeatures first = features(CORNERS);
                ClassifierFeatures second = features(others)) {
            assertEquals(2, trainings);
            assertEquals(2, files().size());
            assertNotEquals(first.identity(), second.identity());
        }
    }

    @Test
    void aCacheThatCannotBeWrittenDoesNotMatter() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        EvaluationCache cache = new EvaluationCache(file);
        try (ClassifierFeatures features =
                ClassifierFeatures.open(CORNERS, cache, Device.cpu(), EvaluationProgress.NONE)) {
            assertTrue(features.accuracy() > 0.95);
        }
    }

    @Test
    void dataThatNothingCanBeLearntFromAreRefusedWithAdvice() {
        refused("the data set plain has no labels", new TestImages(30, 8, false, 1));
        refused("images of 1 x 6 x 6 are too small", new TestImages(30, 6, true, 1));
        refused("all images of the data set plain have the same label", new TestImages(1, 8, true, 1));
    }

    private void refused(String message, TestImages images) {
        String found = assertThrows(EvaluationException.class, () -> features(ReferenceData.of("plain", images)))
                .getMessage();
        assertTrue(found.startsWith(message) && found.contains("--features FILE.ts"), found);
    }

    @Test
    void imagesOfAnotherShapeAreRefused() throws Exception {
        try (ClassifierFeatures features = features(CORNERS)) {
            assertThrows(EvaluationException.class, () -> features.extract(Torch.zeros(2, 3, 8, 8)));
            assertThrows(EvaluationException.class, () -> features.extract(Torch.zeros(2, 1, 16, 16)));
            assertThrows(EvaluationException.class, () -> features.extract(Torch.zeros(8)));
        }
    }

    @Test
    void namesOfDataSetsArePlain() {
        TestImages images = new TestImages(1, 8, false, 1);
        assertEquals("my-data-2", ReferenceData.of("My Data (2)", images).name());
        assertEquals("data", ReferenceData.of("../", images).name());
        String hash = ReferenceData.of("a", images).hash();
        assertEquals(hash, ReferenceData.of("b", images).hash(), "the name is no part of the data");
        assertFalse(
                hash.equals(ReferenceData.of("a", new TestImages(1, 8, true, 1)).hash()), "labels are");
    }

    @ParameterizedTest
    @CsvSource({"emoji-like, folder-emoji-like", "Fashion, folder-fashion", "mine, mine"})
    void aFolderDoesNotPassForAPublishedDataSet(String name, String expected) throws Exception {
        Path data = Files.createDirectory(folder.resolve(name));
        ByteBuffer images = ByteBuffer.allocate(16 + 2 * 64);
        images.putInt(0x803).putInt(2).putInt(8).putInt(8);
        Files.write(data.resolve("train-images-idx3-ubyte"), images.array());
        DataConfig config = new DataConfig(DataConfig.Format.IDX, data.toString(), 1);
        assertEquals(
                expected,
                ReferenceData.open(config, 8, (what, done, total) -> {}).name());
    }

    /** The reference of all published scores; takes a minute. Fetches Fashion-MNIST where the cache has none. */
    @Test
    @Tag("long")
    void theClassifierOfFashionMnistIsRightForNineInTen() throws Exception {
        ReferenceData fashion = ReferenceData.open(DataConfig.defaults(), 28, (what, done, total) -> {});
        long start = System.nanoTime();
        try (ClassifierFeatures features = features(fashion)) {
            System.out.printf(
                    "%s: %s, %.0f s%n", features.name(), features.description(), (System.nanoTime() - start) * 1e-9);
            assertEquals("fashion-cnn-v1", features.name());
            assertTrue(features.accuracy() > 0.89, "right: " + features.accuracy());
        }
    }
}
