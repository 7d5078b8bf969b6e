package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.config.CurriculumConfig.Order;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.experiment.ExperimentPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExperimentTest {
    @TempDir
    Path folder;

    private ExperimentPlan read(String yaml) throws IOException {
        return ExperimentFile.read(Files.writeString(folder.resolve("plan.yaml"), yaml), null);
    }

    @Test
    void armsChangeWhatPresetAndSetSay() throws IOException {
        ExperimentPlan plan = read("""
            name: orders
            preset: fashion-mnist
            set:
              steps: 600
              optimizer:
                lr: 1e-3
            arms:
              vanilla: {curriculum.order: none}
              as-it-is: {}
              other:
                curriculum:
                  order: hard-to-easy
                optimizer.lr: 2e-3
            baseline: as-it-is
            seeds: [3, 4]
            scoring: {every: 150, count: 500, seed: 9, metrics: [kid, is]}
            """);
        assertEquals("orders", plan.name());
        assertEquals(
                List.of("vanilla", "as-it-is", "other"),
                plan.arms().stream().map(ExperimentPlan.Arm::name).toList());
        var vanilla = plan.arms().get(0).config();
        var other = plan.arms().get(2).config();
        assertEquals(Order.NONE, vanilla.curriculum().order());
        assertEquals(600, vanilla.steps());
        assertEquals(1e-3, vanilla.optimizer().lr());
        assertEquals(28, vanilla.model().sampleSize());
        assertEquals(
                Order.EASY_TO_HARD, plan.arms().get(1).config().curriculum().order());
        assertEquals(Order.HARD_TO_EASY, other.curriculum().order());
        assertEquals(2e-3, other.optimizer().lr());
        assertEquals(List.of(3L, 4L), plan.seeds());
        assertEquals("as-it-is", plan.baseline());
        assertEquals(150, plan.scoring().every());
        assertEquals(500, plan.scoring().count());
        assertEquals(9, plan.scoring().seed());
        assertEquals(List.of(Metric.KID, Metric.INCEPTION_SCORE), plan.scoring().metrics());
    }

    private static Stream<List<String>> mistakes() {
        return Stream.of(
                List.of(
                        "arms:\n  a: {steps: 500}\nbaselin: a\n",
                        "line 3: unknown key 'baselin'; did you mean 'baseline'?"),
                List.of("arms:\n  a: {step: 500}\n", "line 2: unknown key 'step'; did you mean 'steps'?"),
                List.of("set: {steps: x}\narms:\n  a: {}\n", "line 1: steps is 'x' but must be a whole number"),
                List.of("seeds: [1]\n", "at least one arm"),
                List.of(
                        "arms:\n  ../a: {steps: 500}\n",
                        "line 2: 'arms.../a.steps' does not begin with 'arms.' and the name of an arm: up to 64"
                                + " letters,"),
                List.of("arms: 3\n", "line 1: 'arms' must hold keys and values, not a single one"),
                List.of(
                        "arms:\n  a: 3\n",
                        "line 2: the arm 'a' must hold keys and values, as in 'curriculum.order: none', or {} to change"
                                + " nothing"),
                List.of("arms:\n  a: {steps: 500}\nseeds: [1, x]\n", "line 3: seeds is 'x' but must be a whole number"),
                List.of("arms:\n  a: {steps: 500}\nseeds: []\n", "at least one arm and one seed"),
                List.of("arms:\n  a: {steps: 700}\n", "no multiple of scoring.every, 500"),
                List.of("preset: fashion\narms:\n  a: {}\n", "there is no preset 'fashion'"),
                List.of("arms:\n  a: {}\nscoring: {metrics: [fidd]}\n", "there is no metric 'fidd'"),
                List.of("arms:\n  a: {}\nscoring: {count: 1}\n", "scoring.count must be at least 2, is 1"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void mistakesAreNamed(List<String> mistake) {
        var e = assertThrows(UsageException.class, () -> read(mistake.get(0)));
        assertTrue(e.getMessage().contains(mistake.get(1)), e.getMessage());
    }

    @Test
    void anExperimentIsTrainedScoredAndSummedUp() throws IOException {
        TinyRun.data(folder);
        String settings = Files.readString(TinyRun.config(folder)).indent(2);
        Path plan = Files.writeString(folder.resolve("orders.yaml"), "set:\n" + settings + """
            arms:
              vanilla: {curriculum.order: none}
              easy-to-hard: {}
            seeds: [0, 1]
            scoring: {every: 3, count: 8, metrics: [fid]}
            """);
        Path out = folder.resolve("out");
        Path scripted = Path.of("../diffusion/src/test/resources/goldens/eval-script/tuple.pt");
        String printed = Cli.run(
                        "experiment",
                        plan,
                        "--out",
                        out,
                        "--cache",
                        folder.resolve("cache"),
                        "--features",
                        scripted,
                        "--features-size",
                        "16",
                        "--features-range",
                        "unit")
                .succeeds();
        assertTrue(printed.contains("# orders"), printed);
        assertTrue(printed.contains("| vanilla | 6 |"), printed);
        assertEquals(
                1 + 2 * 2 * 2, Files.readAllLines(out.resolve("results.csv")).size());
        assertTrue(Files.isRegularFile(out.resolve("fid.png")));
        Cli again = Cli.run("experiment", plan, "--out", out, "--summary");
        assertEquals(printed, again.succeeds());
    }

    @Test
    void anotherFolderIsRefusedInOneLine() throws IOException {
        Path plan = Files.writeString(folder.resolve("plan.yaml"), "arms:\n  a: {steps: 500}\n");
        Files.createDirectories(folder.resolve("full"));
        Files.writeString(folder.resolve("full/notes.txt"), "mine");
        String line =
                Cli.run("experiment", plan, "--out", folder.resolve("full")).fails(ExitCode.USAGE);
        assertTrue(line.contains("no plan.json"), line);
    }
}
