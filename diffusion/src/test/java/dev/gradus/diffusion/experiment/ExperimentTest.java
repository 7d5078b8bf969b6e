package dev.gradus.diffusion.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Evaluation;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.eval.Score;
import dev.gradus.diffusion.train.RunFolderException;
import dev.gradus.diffusion.train.StepReport;
import dev.gradus.diffusion.train.TinyRun;
import dev.gradus.diffusion.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentTest {
    private static final ScoringConfig SCORING = new ScoringConfig(2, 10, 0, List.of(Metric.FID, Metric.PRECISION));

    @TempDir
    Path temp;

    private TrainConfig base;
    private final List<String> scored = new ArrayList<>();

    @BeforeEach
    void prepare() throws IOException {
        base = TinyRun.of(TinyRun.writeData(temp.resolve("data"))).config().with("steps", 4);
    }

    private ExperimentPlan plan(Long... seeds) {
        return new ExperimentPlan(
                "two orders",
                List.of(
                        new ExperimentPlan.Arm("vanilla", base.with("curriculum.order", CurriculumConfig.Order.NONE)),
                        new ExperimentPlan.Arm("easy-to-hard", base)),
                List.of(seeds),
                "vanilla",
                SCORING);
    }

    /** FID 10 + seed - step for vanilla and one less for the other arm; precision is step / 10. */
    private Evaluation score(TrainConfig config, Path weights) {
        assertTrue(Files.isDirectory(weights), weights.toString());
        int step = Integer.parseInt(weights.getParent().getFileName().toString().substring(5));
        boolean vanilla = config.curriculum().order() == CurriculumConfig.Order.NONE;
        scored.add((vanilla ? "vanilla" : "easy-to-hard") + " " + config.seed() + " " + step);
        return new Evaluation(
                List.of(
                        score(Metric.FID, 10 + config.seed() - step - (vanilla ? 0 : 1)),
                        score(Metric.PRECISION, step / 10.0)),
                10,
                0,
                "made-up",
                "numbers of a test",
                "data",
                "0123456789",
                "1 x 8 x 8");
    }

    private static Score score(Metric metric, double value) {
        return new Score(metric, value, null, 10, 10, 0, "made-up", Map.of());
    }

    private Experiment open(ExperimentPlan plan, ExperimentListener listener) throws IOException {
        return new Experiment(plan, temp.resolve("experiment"), listener, TrainConfig::toString);
    }

    private static final ExperimentListener SILENT = new ExperimentListener() {};

    @Test
    void everyArmIsTrainedWithEverySeedAndScored() throws IOException {
        ExperimentResult result = open(plan(0L, 4L), SILENT).run(this::score).orElseThrow();
        assertEquals(
                List.of(
                        "vanilla 0 2",
                        "vanilla 0 4",
                        "easy-to-hard 0 2",
                        "easy-to-hard 0 4",
                        "vanilla 4 2",
                        "vanilla 4 4",
                        "easy-to-hard 4 2",
                        "easy-to-hard 4 4"),
                scored);
        // Seeds 0 and 4 give 6 and 10: mean 8, deviation sqrt(8).
        assertEquals(8, result.last(Metric.FID, "vanilla").mean());
        assertEquals(Math.sqrt(8), result.last(Metric.FID, "vanilla").deviation(), 1e-12);
        assertEquals(7, result.last(Metric.FID, "easy-to-hard").mean());
        assertEquals(-1, result.difference(Metric.FID, "easy-to-hard").mean());
        assertEquals(0, result.difference(Metric.FID, "easy-to-hard").deviation());
        // 8 is reached by seed 0 (7 at step 2) from its first score on, and never by seed 4 (11, then 9).
        assertEquals(2, result.stepsToBaseline(Metric.FID, "easy-to-hard").mean());
        assertEquals(1, result.stepsToBaseline(Metric.FID, "easy-to-hard").count());
    }

    @Test
    void tablesChartsAndSummaryAreWritten() throws IOException {
        Path folder = temp.resolve("experiment");
        open(plan(0L, 4L), SILENT).run(this::score).orElseThrow().write(folder);
        List<String> csv = Files.readAllLines(folder.resolve("results.csv"));
        assertEquals("arm,seed,step,fid,precision", csv.getFirst());
        assertEquals("vanilla,0,2,8.0,0.2", csv.get(1));
        assertEquals(9, csv.size());
        String summary = Files.readString(folder.resolve("summary.md"));
        assertTrue(summary.contains("FID(made-up)"), summary);
        assertTrue(summary.contains("| easy-to-hard | 4 | 7.000 ± 2.8 | -1.0 ± 0.0 | 2 (1 of 2 seeds) |"), summary);
        assertTrue(summary.contains("Higher is better"), summary);
        for (String chart : List.of("fid.png", "precision.png", "loss.png")) {
            assertEquals(1000, ImageIO.read(folder.resolve(chart).toFile()).getWidth());
        }
        assertTrue(Files.readString(folder.resolve("results.json")).contains("\"stepsToBaseline\""));
    }

    @Test
    void aStoppedExperimentGoesOnWhereItWas() throws IOException {
        Experiment[] experiment = new Experiment[1];
        experiment[0] = open(plan(0L), new ExperimentListener() {
            private String arm;

            @Override
            public void runStarted(String name, long seed, int number, int runs) {
                arm = name;
            }

            @Override
            public TrainListener training() {
                return new TrainListener() {
                    @Override
                    public void stepLogged(StepReport report) {
                        if (arm.equals("easy-to-hard")) {
                            experiment[0].requestStop();
                        }
                    }
                };
            }
        });
        assertEquals(Optional.empty(), experiment[0].run(this::score));
        assertEquals(List.of("vanilla 0 2", "vanilla 0 4"), scored);
        assertEquals(
                9 - 1, experiment[0].results().score(Metric.FID, "vanilla", 2).mean());
        open(plan(0L), SILENT).run(this::score).orElseThrow();
        assertEquals(List.of("easy-to-hard 0 2", "easy-to-hard 0 4"), scored.subList(2, 4));
        // All is there: nothing is done again.
        open(plan(0L), SILENT).run(this::score).orElseThrow();
        assertEquals(4, scored.size());
    }

    @Test
    void aScoreThatWasCutShortIsMeasuredAgain() throws IOException {
        open(plan(0L), SILENT).run(this::score);
        Path file = temp.resolve("experiment/scores/vanilla/seed-0.jsonl");
        List<String> lines = Files.readAllLines(file);
        Files.writeString(file, lines.getFirst() + "\n" + lines.get(1).substring(0, 20));
        scored.clear();
        ExperimentResult result = open(plan(0L), SILENT).run(this::score).orElseThrow();
        assertEquals(List.of("vanilla 0 4"), scored);
        assertEquals(6, result.last(Metric.FID, "vanilla").mean());
    }

    @Test
    void seedsMayBeAddedButNotArmsChanged() throws IOException {
        open(plan(0L), SILENT).run(this::score);
        open(plan(0L, 1L), SILENT).run(this::score);
        assertEquals("vanilla 1 2", scored.get(4));
        base = base.with("optimizer.lr", 0.5);
        var e = assertThrows(RunFolderException.class, () -> open(plan(0L), SILENT));
        assertTrue(e.getMessage().contains("arm vanilla: optimizer.lr is"), e.getMessage());
    }

    private void rewritePlan(Consumer<ObjectNode> change) throws IOException {
        Path file = temp.resolve("experiment/plan.json");
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = (ObjectNode) mapper.readTree(file.toFile());
        change.accept(json);
        mapper.writeValue(file.toFile(), json);
    }

    @Test
    void aPlanOfAVersionThatHadFewerKeysIsGoneOnWith() throws IOException {
        open(plan(0L), SILENT).run(this::score);
        rewritePlan(json -> {
            json.remove("format");
            for (JsonNode arm : json.get("arms")) {
                ObjectNode config = (ObjectNode) arm;
                config.remove(List.of("memory", "divergence"));
                config.withObject("/conditioning").remove("text");
                config.withObject("/model").remove("nullClassEmbed");
                config.remove("checkpoint");
                config.put("checkpointEvery", 2);
            }
        });
        open(plan(0L), SILENT).run(this::score).orElseThrow();
        assertEquals(4, scored.size());
        // A key that is missing has its default, and may not have another value here.
        base = base.with("memory.recompute", true);
        var e = assertThrows(RunFolderException.class, () -> open(plan(0L), SILENT));
        assertTrue(
                e.getMessage().contains("arm vanilla: memory.recompute is false there and true here"), e.getMessage());
    }

    @Test
    void aPlanThatCannotBeReadIsRefused() throws IOException {
        open(plan(0L), SILENT).run(this::score);
        Path file = temp.resolve("experiment/plan.json");
        rewritePlan(json -> json.put("format", 2));
        var newer = assertThrows(RunFolderException.class, () -> open(plan(0L), SILENT));
        assertEquals(
                file + " has the format 2, and this version of Gradus reads the format 1; go on with the version that"
                        + " wrote it, or choose another folder",
                newer.getMessage());
        Files.writeString(file, "{\"format\": ");
        var cut = assertThrows(RunFolderException.class, () -> open(plan(0L), SILENT));
        assertTrue(cut.getMessage().startsWith(file + " is not the plan of an experiment: "), cut.getMessage());
    }

    @Test
    void aSecondExperimentInTheSameFolderIsRefused() throws IOException {
        List<String> refused = new ArrayList<>();
        Experiment first = open(plan(0L), new ExperimentListener() {
            @Override
            public void runStarted(String arm, long seed, int number, int runs) {
                var e = assertThrows(
                        RunFolderException.class, () -> open(plan(0L), SILENT).run(ExperimentTest.this::score));
                refused.add(e.getMessage());
            }
        });
        first.run(this::score).orElseThrow();
        assertEquals(2, refused.size());
        assertEquals(
                "another process works on the experiment in folder " + temp.resolve("experiment")
                        + "; wait for it to end, or choose another folder",
                refused.getFirst());
    }

    @Test
    void aFolderOfSomethingElseIsRefused() throws IOException {
        Files.createDirectories(temp.resolve("experiment"));
        Files.writeString(temp.resolve("experiment/notes.txt"), "mine", StandardOpenOption.CREATE);
        assertThrows(RunFolderException.class, () -> open(plan(0L), SILENT));
        assertFalse(Files.exists(temp.resolve("experiment/plan.json")));
    }

    @Test
    void plansThatCannotBeComparedAreRefused() {
        ExperimentPlan.Arm arm = new ExperimentPlan.Arm("a", base);
        List<Long> seed = List.of(0L);
        refused("two arms named 'a'", () -> new ExperimentPlan("x", List.of(arm, arm), seed, "a", SCORING));
        refused("baseline 'b'", () -> new ExperimentPlan("x", List.of(arm), seed, "b", SCORING));
        refused("at least one arm", () -> new ExperimentPlan("x", List.of(), seed, "a", SCORING));
        refused("seed is given twice", () -> new ExperimentPlan("x", List.of(arm), List.of(1L, 1L), "a", SCORING));
        refused("name of a folder", () -> new ExperimentPlan.Arm("../a", base));
        refused(
                "no multiple of scoring.every",
                () -> new ExperimentPlan("x", List.of(arm), seed, "a", new ScoringConfig(3, 9, 0, SCORING.metrics())));
        ExperimentPlan.Arm other = new ExperimentPlan.Arm("b", base.with("data.path", "elsewhere"));
        refused("different images", () -> new ExperimentPlan("x", List.of(arm, other), seed, "a", SCORING));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable making) {
        var e = assertThrows(IllegalArgumentException.class, making);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void theGoalIsReachedBetweenTwoScores() {
        TreeMap<Long, Double> falling = new TreeMap<>(Map.of(100L, 50.0, 200L, 30.0, 300L, 20.0));
        assertEquals(250, ExperimentResult.firstAt(falling, 25, false));
        assertEquals(200, ExperimentResult.firstAt(falling, 30, false));
        assertEquals(100, ExperimentResult.firstAt(falling, 60, false));
        assertTrue(Double.isNaN(ExperimentResult.firstAt(falling, 10, false)));
        TreeMap<Long, Double> rising = new TreeMap<>(Map.of(100L, 0.2, 200L, 0.6));
        assertEquals(150, ExperimentResult.firstAt(rising, 0.4, true), 1e-9);
    }
}
