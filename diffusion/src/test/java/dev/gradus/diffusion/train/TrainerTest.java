package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.LossWeightConfig;
import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.model.DiTConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.schedule.BetaSchedule;
import dev.gradus.diffusion.schedule.LearnedSchedule;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TrainerTest {
    private static final TrainListener SILENT = new TrainListener() {};

    @TempDir
    Path temp;

    private TinyRun tiny;
    private Path run;

    @BeforeEach
    void prepare() throws IOException {
        tiny = TinyRun.of(TinyRun.writeData(temp.resolve("data")));
        run = temp.resolve("run");
    }

    private static TrainResult train(TinyRun tiny, Path folder) throws IOException {
        return new Trainer(tiny.config(), folder, SILENT).run();
    }

    /** Trains until {@code step} steps are done and then asks to stop. */
    private static TrainResult trainAndStop(TinyRun tiny, Path folder, int step) throws IOException {
        return stopAfter(tiny.config(), folder, step);
    }

    private static TrainResult stopAfter(TrainConfig config, Path folder, int step) throws IOException {
        Trainer[] trainer = new Trainer[1];
        trainer[0] = new Trainer(config, folder, new TrainListener() {
            @Override
            public void stepLogged(StepReport report) {
                if (report.step() == step) {
                    trainer[0].requestStop();
                }
            }
        });
        return trainer[0].run();
    }

    private static Map<String, byte[]> contents(Path folder) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static void assertSameFiles(Path expected, Path found) throws IOException {
        Map<String, byte[]> before = contents(expected);
        Map<String, byte[]> after = contents(found);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    private List<JsonNode> metrics(Path folder) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    @Test
    void runLeavesConfigurationMetricsPicturesAndCheckpoints() throws IOException {
        TrainResult result = train(tiny.sampleEvery(4), run);
        assertEquals(TrainResult.Outcome.FINISHED, result.outcome());
        assertEquals(8, result.step());
        assertEquals(32, result.images());
        assertTrue(Files.isRegularFile(run.resolve("config.yaml")));
        for (String step : List.of("step-000004", "step-000008")) {
            for (String weights : List.of("model", "ema")) {
                Path folder = run.resolve("checkpoints").resolve(step).resolve(weights);
                assertTrue(Files.isRegularFile(folder.resolve("config.json")));
                assertTrue(Files.isRegularFile(folder.resolve("diffusion_pytorch_model.safetensors")));
                UNet2D.load(folder).close();
            }
            // 4 images of 8 x 8 in a square.
            var picture =
                    ImageIO.read(run.resolve("samples").resolve(step + ".png").toFile());
            assertEquals(16, picture.getWidth());
            assertEquals(16, picture.getHeight());
        }
        List<JsonNode> lines = metrics(run);
        assertEquals(4, lines.size());
        List<String> keys = new ArrayList<>();
        lines.getFirst().fieldNames().forEachRemaining(keys::add);
        assertEquals(
                List.of(
                        "step",
                        "images",
                        "loss",
                        "clusterLoss",
                        "stage",
                        "tMin",
                        "tMax",
                        "lr",
                        "imagesPerSecond",
                        "dataWait",
                        "checkpointWait",
                        "communicationWait",
                        "skipped",
                        "memory",
                        "deviceMemory"),
                keys);
        assertEquals(2, lines.getFirst().get("step").asInt());
        assertEquals(32, lines.getLast().get("images").asInt());
        assertEquals(result.loss(), lines.getLast().get("loss").asDouble());
        assertEquals(run.resolve("checkpoints/step-000008"), result.checkpoint().orElseThrow());
        assertEquals(run.resolve("samples/step-000008.png"), result.picture().orElseThrow());
    }

    @Test
    void stoppedAndResumedRunHasTheSameBitsAsAnUninterruptedOne() throws IOException {
        Path whole = temp.resolve("whole");
        train(tiny.steps(12), whole);
        assertEquals(
                TrainResult.Outcome.INTERRUPTED,
                trainAndStop(tiny.steps(12), run, 6).outcome());
        assertTrue(Files.exists(run.resolve("checkpoints/step-000006")));
        assertEquals(TrainResult.Outcome.FINISHED, train(tiny.steps(12), run).outcome());
        for (String step : List.of("step-000008", "step-000012")) {
            assertSameFiles(
                    whole.resolve("checkpoints").resolve(step),
                    run.resolve("checkpoints").resolve(step));
        }
        assertSameFiles(whole.resolve("samples"), run.resolve("samples"));
        List<JsonNode> expected = metrics(whole);
        List<JsonNode> found = metrics(run);
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            for (String key : List.of("step", "images", "loss", "clusterLoss", "stage", "tMin", "tMax", "lr")) {
                assertEquals(expected.get(i).get(key), found.get(i).get(key), key);
            }
        }
    }

    @Test
    void theLossIsTheMeanOfThoseOfTheClusters() throws IOException {
        // One stage, and a batch whose four draws are spread evenly: each of the four clusters has one image a step.
        CurriculumConfig all =
                CurriculumConfig.defaults().with("clusters", 4).with("order", CurriculumConfig.Order.NONE);
        TrainConfig config = tiny.curriculum(all).config().with("noise.stratified", true);
        new Trainer(config, run, SILENT).run();
        for (JsonNode line : metrics(run)) {
            double sum = 0;
            for (JsonNode loss : line.get("clusterLoss")) {
                assertTrue(loss.isNumber(), line.toString());
                sum += loss.asDouble();
            }
            assertEquals(4, line.get("clusterLoss").size());
            // The means are rounded to float32 by different sums.
            assertEquals(line.get("loss").asDouble(), sum / 4, 1e-6);
        }
    }

    @Test
    void aRunEndsWithAReportAndTheMachine() throws IOException {
        trainAndStop(tiny.steps(12), run, 6);
        assertTrue(Files.readString(run.resolve("report.html")).contains("after step 6."));
        train(tiny.steps(12), run);
        assertTrue(Files.readString(run.resolve("report.html")).contains("after step 12."));
        JsonNode machine =
                new ObjectMapper().readTree(run.resolve("machine.json").toFile());
        assertEquals("cpu", machine.get("device").asText());
        assertEquals(
                Torch.buildInfo().libtorchVersion(), machine.get("libtorch").asText());
    }

    @Test
    void metricsOfStepsAfterTheCheckpointAreReplaced() throws IOException {
        train(tiny, run);
        List<JsonNode> expected = metrics(run);
        // As if the process had been killed after step 8, before its checkpoint was written.
        Files.move(run.resolve("checkpoints/step-000008"), temp.resolve("gone"));
        Files.delete(run.resolve("samples/step-000008.png"));
        Files.writeString(run.resolve("metrics.jsonl"), Files.readString(run.resolve("metrics.jsonl")) + "{\"step\":1");
        train(tiny, run);
        List<JsonNode> found = metrics(run);
        assertEquals(expected.size(), found.size());
        assertEquals(expected.getLast().get("loss"), found.getLast().get("loss"));
    }

    @Test
    void finishedRunIsLeftAlone() throws IOException {
        train(tiny, run);
        Map<String, byte[]> before = contents(run);
        assertEquals(TrainResult.Outcome.ALREADY_DONE, train(tiny, run).outcome());
        Map<String, byte[]> after = contents(run);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    @Test
    void finishedRunCanBeExtended() throws IOException {
        train(tiny.steps(4), run);
        TrainResult result = train(tiny.steps(8), run);
        assertEquals(TrainResult.Outcome.FINISHED, result.outcome());
        assertEquals(8, result.step());
    }

    @Test
    void runWithAnotherConfigurationIsRefused() throws IOException {
        train(tiny, run);
        Map<String, byte[]> before = contents(run);
        var e = assertThrows(RunFolderException.class, () -> train(tiny.learningRate(0.5), run));
        assertTrue(e.getMessage().contains("optimizer.lr is 0.001 there and 0.5 here"), e.getMessage());
        assertEquals(before.keySet(), contents(run).keySet());
    }

    @Test
    void folderThatHoldsSomethingElseIsRefusedUntouched() throws IOException {
        Files.createDirectories(run);
        Files.writeString(run.resolve("thesis.tex"), "years of work");
        var e = assertThrows(RunFolderException.class, () -> train(tiny, run));
        assertTrue(e.getMessage().contains("holds thesis.tex, which is no part of a run"), e.getMessage());
        assertEquals(1, contents(run).size());
    }

    @Test
    void lossThatIsNotFiniteStopsAndKeepsTheLastCheckpoint() throws IOException {
        // The first step takes the weights to 1e30, so the second one overflows.
        var e = assertThrows(
                TrainingException.class,
                () -> new Trainer(
                                tiny.learningRate(1e30)
                                        .checkpointEvery(1)
                                        .config()
                                        .with("divergence.stopAfter", 2),
                                run,
                                SILENT)
                        .run());
        assertTrue(
                e.getMessage()
                        .matches("the loss became (NaN|Infinity) at step 3 with the images \\d+(, \\d+){3} of the data,"
                                + " the last of 2 such steps in a row, so training stopped; .*"),
                e.getMessage());
        assertTrue(e.getMessage().contains("the last good checkpoint is " + run.resolve("checkpoints/step-000002")));
        assertTrue(Files.exists(run.resolve("checkpoints/step-000002/state.json")));
        assertFalse(Files.exists(run.resolve("checkpoints/step-000003")));
    }

    @Test
    void weightsThatAreNotFiniteAreNeverWritten() {
        var e = assertThrows(
                TrainingException.class, () -> train(tiny.learningRate(1e39).checkpointEvery(1), run));
        assertTrue(e.getMessage().contains("at step 1"), e.getMessage());
        assertTrue(e.getMessage().contains("no checkpoint had been written yet"), e.getMessage());
        assertFalse(Files.exists(run.resolve("checkpoints/step-000001")));
    }

    @Test
    void secondTrainerInTheSameFolderIsRefused() throws IOException {
        String[] refusal = new String[1];
        new Trainer(tiny.config(), run, new TrainListener() {
                    @Override
                    public void started(long step, long steps, int stages, String device) {
                        refusal[0] = assertThrows(RunFolderException.class, () -> train(tiny, run))
                                .getMessage();
                    }
                })
                .run();
        assertTrue(refusal[0].contains("another process trains into folder"), refusal[0]);
    }

    @Test
    void everyOrderTrainsThroughItsStages() throws IOException {
        for (var order : CurriculumConfig.Order.values()) {
            Path folder = temp.resolve(order.name());
            var curriculum = CurriculumConfig.defaults()
                    .with("order", order)
                    .with("clusters", 3)
                    .with("pacing", CurriculumConfig.Pacing.FIXED)
                    .with("stepsPerStage", 2);
            train(tiny.curriculum(curriculum), folder);
            List<JsonNode> lines = metrics(folder);
            assertEquals(
                    order == CurriculumConfig.Order.NONE ? 1 : 3,
                    lines.getLast().get("stage").asInt());
            assertEquals(0, lines.getLast().get("tMin").asInt());
            assertEquals(999, lines.getLast().get("tMax").asInt());
        }
    }

    @Test
    void eachStageIsALineOfItsFile() throws IOException {
        var curriculum = CurriculumConfig.defaults()
                .with("clusters", 3)
                .with("pacing", CurriculumConfig.Pacing.FIXED)
                .with("stepsPerStage", 2);
        List<StageChange> heard = new ArrayList<>();
        new Trainer(tiny.curriculum(curriculum).config(), run, new TrainListener() {
                    @Override
                    public void stageChanged(StageChange change) {
                        heard.add(change);
                    }
                })
                .run();
        String clusters = ",\"clusters\":[[0.0,333.0],[333.0,666.0],[666.0,1000.0]]}";
        assertEquals(
                List.of(
                        "{\"step\":0,\"stage\":1,\"stages\":3,\"active\":[[666.0,1000.0]]" + clusters,
                        "{\"step\":2,\"stage\":2,\"stages\":3,\"active\":[[333.0,1000.0]]" + clusters,
                        "{\"step\":4,\"stage\":3,\"stages\":3,\"active\":[[0.0,1000.0]]" + clusters),
                Files.readAllLines(run.resolve("stages.jsonl")));
        assertEquals(List.of(0L, 2L, 4L), heard.stream().map(StageChange::step).toList());
        assertEquals(333, heard.get(1).tMin());
        assertEquals(999, heard.get(1).tMax());
    }

    @Test
    void theLossAndTheStagesAreDrawn() throws IOException {
        train(tiny, run);
        for (String chart : List.of("loss", "stages")) {
            assertEquals(
                    1000,
                    ImageIO.read(run.resolve("charts/" + chart + ".png").toFile())
                            .getWidth());
        }
        Path plain = temp.resolve("plain");
        train(tiny.curriculum(CurriculumConfig.defaults().with("order", CurriculumConfig.Order.NONE)), plain);
        assertTrue(Files.exists(plain.resolve("charts/loss.png")));
        assertFalse(Files.exists(plain.resolve("charts/stages.png")));
    }

    /** Every schedule with every objective, each with another weight and distribution of noise. */
    @Test
    void everySettingTrainsAndSamples() throws IOException {
        var weights = LossWeightConfig.Kind.values();
        var distributions = NoiseConfig.Distribution.values();
        int number = 0;
        for (var kind :
                List.of(ScheduleConfig.Kind.LINEAR, ScheduleConfig.Kind.SCALED_LINEAR, ScheduleConfig.Kind.COSINE)) {
            for (var objective : TrainConfig.Objective.values()) {
                TrainConfig config = tiny.steps(2)
                        .checkpointEvery(0)
                        .config()
                        .with("schedule.kind", kind)
                        .with("objective", objective)
                        .with("lossWeight.kind", weights[number % weights.length])
                        .with("noise.distribution", distributions[number % distributions.length])
                        .with("noise.stratified", number % 2 == 0)
                        .with("curriculum.clustering", CurriculumConfig.Clustering.SNR);
                Path folder = temp.resolve("setting-" + number++);
                TrainResult result = new Trainer(config, folder, SILENT).run();
                assertTrue(Double.isFinite(result.loss()), kind + " " + objective);
                assertTrue(Files.exists(result.picture().orElseThrow()));
            }
        }
    }

    @Test
    void aLearnedScheduleIsPartOfTheCheckpoint() throws IOException {
        for (var learned : List.of(ScheduleConfig.Learned.VARIANCE, ScheduleConfig.Learned.DIFFICULTY)) {
            TrainConfig config = tiny.steps(12).config().with("schedule.learned", learned);
            Path whole = temp.resolve("whole-" + learned);
            new Trainer(config, whole, SILENT).run();
            Path folder = temp.resolve("resumed-" + learned);
            stopAfter(config, folder, 6);
            new Trainer(config, folder, SILENT).run();
            assertSameFiles(whole.resolve("checkpoints/step-000012"), folder.resolve("checkpoints/step-000012"));
            assertSameFiles(whole.resolve("samples"), folder.resolve("samples"));
            JsonNode given =
                    LearnedSchedule.leastVariance(BetaSchedule.cosine(1000), 1).state();
            JsonNode found = new ObjectMapper()
                    .readTree(
                            whole.resolve("checkpoints/step-000012/state.json").toFile())
                    .path("schedule");
            assertNotEquals(given.path("share").toString(), found.path("share").toString());
            var schedule = TrainingState.schedule(config, whole.resolve("checkpoints/step-000012"));
            assertEquals(
                    found.path("share"), ((LearnedSchedule) schedule).state().path("share"));
        }
    }

    @Test
    void classConditionalNetworksTrainWithTheLabels() throws IOException {
        assertEquals(TrainResult.Outcome.FINISHED, train(tiny.classes(10), run).outcome());
        var e = assertThrows(ConfigException.class, () -> train(tiny.classes(3), temp.resolve("few")));
        assertEquals("model.numClassEmbeds", e.key());
    }

    @Test
    void aTransformerTrains() throws IOException {
        var model = DiTConfig.defaults().with(c -> {
            c.sampleSize = 8;
            c.inChannels = 1;
            c.hiddenSize = 16;
            c.depth = 2;
            c.numHeads = 2;
        });
        assertEquals(
                TrainResult.Outcome.FINISHED,
                new Trainer(tiny.config().with("model", model), run, SILENT)
                        .run()
                        .outcome());
    }

    @Test
    void classesAreLeftOutOnlyWhereAClassStandsForNone() throws IOException {
        UNet2DConfig plain = ((UNet2DConfig) tiny.config().model()).with(c -> c.numClassEmbeds = 10);
        TrainConfig config = tiny.config().with("model", plain);
        var e = assertThrows(ConfigException.class, () -> config.with("conditioning.dropout", 0.5));
        assertEquals("conditioning.dropout", e.key());
        UNet2DConfig withNone = plain.with(c -> {
            c.numClassEmbeds = 11;
            c.nullClassEmbed = true;
        });
        TrainConfig dropping = tiny.config()
                .with("model", withNone)
                .with("conditioning.dropout", 0.5)
                .with("sampling.guidance.scale", 2.0);
        new Trainer(dropping, run, SILENT).run();
        // The embedding of no class has moved, which only images that lost their class can do.
        try (var _ = TensorScope.open();
                Network trained = Network.load(run.resolve("checkpoints/step-000008/model"));
                var generator = Generator.cpu(5);
                Network fresh = Network.of(withNone, generator)) {
            Tensor before = fresh.stateDict().get("class_embedding.weight").select(0, 10);
            Tensor after = trained.stateDict().get("class_embedding.weight").select(0, 10);
            assertTrue(before.sub(after).abs().max().item() > 1e-4);
        }
    }

    @Test
    void guidanceWithoutAClassThatStandsForNoneIsRefused() {
        TrainConfig guided = tiny.config().with("sampling.guidance.scale", 2.0);
        var e = assertThrows(ConfigException.class, () -> new Trainer(guided, run, SILENT));
        assertEquals("sampling.guidance.scale", e.key());
    }

    @Test
    void picturesAreTheFirstImagesOfTheSeed() throws IOException {
        train(tiny, run);
        TrainConfig config = tiny.config();
        Path again = run.resolveSibling("again.png");
        try (var _ = TensorScope.open();
                var images = ImageGenerator.open(config, run.resolve("checkpoints/step-000008/ema"), Device.cpu())) {
            int count = config.sampling().count();
            float[] pixels =
                    images.draw(config.sampling(), config.seed(), 0, count).toFloatArray();
            ImageGrid.writePng(again, pixels, count, 1, 8, 8);
        }
        assertArrayEquals(Files.readAllBytes(run.resolve("samples/step-000008.png")), Files.readAllBytes(again));
    }

    @Test
    void noTensorOutlivesTheRun() throws IOException {
        train(tiny, run);
        long before = Torch.liveHandles();
        train(tiny.steps(40), temp.resolve("longer"));
        // Fewer where the garbage collector found something that another test had left.
        assertTrue(Torch.liveHandles() <= before);
    }

    @Test
    void handleCountIsFlatOver200Steps() throws IOException {
        // Handles that the garbage collector frees meanwhile would be another test's.
        System.gc();
        Set<Long> counts = new TreeSet<>();
        TrainListener counting = new TrainListener() {
            @Override
            public void stepLogged(StepReport report) {
                counts.add(Torch.liveHandles());
            }
        };
        // In the background, the tensors that a checkpoint is written from would be counted at times.
        TrainConfig config = tiny.steps(210).checkpointEvery(50).config().with("checkpoint.background", false);
        new Trainer(config, run, counting).run();
        assertEquals(1, counts.size(), counts::toString);
    }

    @Test
    void missingCudaNamesTheKey() {
        TrainConfig config = tiny.config();
        if (Torch.cudaIsAvailable()) {
            return;
        }
        TrainConfig cuda = config.with("device", "cuda");
        var e = assertThrows(ConfigException.class, () -> new Trainer(cuda, run, SILENT).run());
        assertEquals("device", e.key());
        assertFalse(Files.exists(run));
    }
}
