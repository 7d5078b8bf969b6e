package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageGrid;
import dev.gradus.diffusion.data.SampleFile;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateTest {
    @TempDir
    private static Path shared;

    private static Path run;
    private static Path data;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws Exception {
        data = TinyRun.data(shared);
        run = shared.resolve("run");
        Cli.run(TinyRun.train(shared, run, "--set", "checkpoint.every=3")).succeeds();
    }

    private static Cli evaluate(Object... args) {
        List<Object> all = new ArrayList<>(List.of("evaluate", "--cache", shared.resolve("cache")));
        all.addAll(List.of("--device", "cpu", "--threads", 1));
        all.addAll(List.of(args));
        return Cli.run(all.toArray());
    }

    private JsonNode json(Object... args) throws IOException {
        Path file = folder.resolve("scores.json");
        List<Object> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--json", file));
        evaluate(all.toArray()).succeeds();
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void scoresTheNewestCheckpointOfARun() {
        List<String> lines = evaluate("--run", run, "--count", 20, "--seed", 3)
                .succeeds()
                .lines()
                .toList();
        assertTrue(lines.getFirst().matches("score +value +spread +images +reference +seed"), lines.getFirst());
        assertTrue(lines.get(1).matches("FID\\(data-cnn-v1\\) +[0-9.e-]+ +- +20 +24  3"), lines.get(1));
        assertEquals(
                7, lines.stream().filter(line -> line.contains("(data-cnn-v1)")).count());
        assertTrue(lines.get(8).startsWith("features   data-cnn-v1: 128 features of a small classifier, right for "));
        assertTrue(lines.get(9).startsWith("reference  data, 1 x 8 x 8, "), lines.get(9));
        assertEquals("drawn by   " + run + "/checkpoints/step-000006/ema, ddim, 3 steps", lines.get(10));
    }

    @Test
    void checkpointSamplerStepsAndSeedMatter() throws Exception {
        JsonNode plain = json("--run", run, "--count", 10, "--metrics", "fid");
        assertEquals(1, plain.get("scores").size());
        assertEquals(10, plain.get("scores").get(0).get("images").asInt());
        assertEquals(fid(plain), fid(json("--run", run, "--count", 10, "--metrics", "fid")));
        for (Object[] more : new Object[][] {
            {"--step", 3},
            {"--sampling-steps", 2},
            {"--sampler", "ddpm"},
            {"--seed", 1},
            {"--set", "sampling.clip=0.5"}
        }) {
            List<Object> args = new ArrayList<>(List.of("--run", run, "--count", 10, "--metrics", "fid"));
            args.addAll(List.of(more));
            assertNotEquals(fid(plain), fid(json(args.toArray())), more[0].toString());
        }
    }

    private static double fid(JsonNode scores) {
        return scores.get("scores").get(0).get("value").asDouble();
    }

    @Test
    void picturesAndTensorsHaveTheScoresOfTheImagesTheyAre() throws Exception {
        JsonNode drawn = json("--run", run, "--count", 12);
        Path raw = folder.resolve("raw.safetensors");
        Path numpy = folder.resolve("raw.npz");
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        try (TensorScope _ = TensorScope.open()) {
            Tensor samples = draw(12);
            SafeTensors.save(raw, Map.of("samples", samples));
            SampleFile.write(numpy, samples);
            for (int i = 0; i < 12; i++) {
                Path file = pictures.resolve("%03d.png".formatted(i));
                ImageGrid.writePng(file, samples.get(i).contiguous().toFloatArray(), 1, 1, 8, 8);
            }
        }
        Files.writeString(pictures.resolve("readme.txt"), "no picture");
        JsonNode fromTensor = json("--images", raw, "--data", data);
        assertEquals(raw.toString(), fromTensor.get("images in").asText());
        assertEquals(12, fromTensor.get("images").asInt());
        assertEquals(drawn.get("scores"), fromTensor.get("scores"));
        assertEquals(
                drawn.get("scores"), json("--images", numpy, "--data", data).get("scores"));
        assertEquals(
                drawn.get("scores"), json("--images", pictures, "--run", run).get("scores"));
    }

    /** The images that the command draws. */
    private static Tensor draw(int count) throws IOException {
        Path ema = run.resolve("checkpoints/step-000006/ema");
        var config = RecordMapper.apply(
                TrainConfig.defaults(), new Settings().add(ConfigVersion.read(run.resolve("config.yaml"))));
        try (var generator = ImageGenerator.open(config, ema, Device.cpu())) {
            return generator.draw(config.sampling(), 0, 0, count);
        }
    }

    @Test
    void featuresCanComeFromATorchScriptFile() throws Exception {
        Path script = Path.of("../diffusion/src/test/resources/goldens/eval-script/tuple.pt");
        JsonNode scores = json(
                "--run", run, "--count", 10, "--features", script, "--features-size", 16, "--features-range", "unit");
        assertTrue(scores.get("features").asText().matches("tuple@[0-9a-f]{8}"));
        assertEquals(7, scores.get("scores").size());
        assertEquals(
                "4 features of a TorchScript network, from images of 16 x 16 as unit",
                scores.get("featuresDescription").asText());
    }

    @Test
    void theSecondEvaluationTakesTheClassifierFromTheCache() throws Exception {
        Path cache = folder.resolve("cache");
        Object[] args = {"evaluate", "--run", run, "--count", 10, "--cache", cache, "--device", "cpu"};
        String first = Cli.run(args).succeeds();
        List<Path> files;
        try (var list = Files.list(cache)) {
            files = list.sorted().toList();
        }
        assertEquals(2, files.size(), files.toString());
        var written = Files.getLastModifiedTime(files.getFirst());
        assertEquals(first, Cli.run(args).succeeds());
        assertEquals(written, Files.getLastModifiedTime(files.getFirst()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--count=0 | --count: must be at least 1, is 0",
                "--metrics=fid,fit | --metrics: there is no metric 'fit'; there are fid, kid, is, precision,"
                        + " recall, density, coverage",
                "--step=5 | --step: RUN has no checkpoint of step 5",
                "--features=none.ts | --features: there is no file none.ts",
                "--features-size=-1 | --features-size: size must be from 0 to 4096, is -1",
                "--json=none/a.json | --json: there is no folder PWD/none",
                "--images=none | --images: there is no folder or file none",
                "--threads=0 | --threads: must be at least 1, is 0"
            })
    void saysWhichOptionIsWrong(String option, String message) {
        String expected = message.replace("RUN", run.toString()).replace("PWD", System.getProperty("user.dir"));
        assertEquals(
                "gradus evaluate: " + expected,
                Cli.run("evaluate", "--run", run, option).fails(ExitCode.USAGE));
    }

    @Test
    void sourcesThatDoNotGoTogetherAreRefused() throws Exception {
        assertEquals(
                "gradus evaluate: give --run DIR or --images DIR", evaluate().fails(ExitCode.USAGE));
        assertEquals(
                "gradus evaluate: --images needs --data or --run, to compare the images with",
                evaluate("--images", folder).fails(ExitCode.USAGE));
        assertEquals(
                "gradus evaluate: --images draws no images; leave --step, --sampler and --sampling-steps out",
                evaluate("--images", folder, "--run", run, "--sampler", "ddpm").fails(ExitCode.USAGE));
        assertEquals(
                "gradus evaluate: --run: " + folder + " is not the folder of a run: it has no config.yaml",
                evaluate("--run", folder).fails(ExitCode.USAGE));
    }

    @Test
    void guidanceOfANetworkThatWasNotTrainedForItIsRefused() {
        String line =
                evaluate("--run", run, "--set", "sampling.guidance.scale=2").fails(ExitCode.USAGE);
        assertTrue(line.contains("sampling.guidance.scale is 2.0, but the network in " + run), line);
    }

    @Test
    void imagesThatCannotBeScoredAreRefused() throws Exception {
        assertEquals(
                "gradus evaluate: precision needs at least 6 generated images, there are 5; take more, or leave this"
                        + " metric out",
                evaluate("--run", run, "--count", 5).fails(ExitCode.FAILED));
        String none = evaluate("--images", folder, "--data", data).fails(ExitCode.FAILED);
        assertEquals("gradus evaluate: " + folder + " has no pictures (.png, .jpg, .jpeg, .bmp, .gif)", none);
        Path broken = Files.writeString(folder.resolve("a.png"), "no picture");
        assertTrue(evaluate("--images", folder, "--data", data)
                .fails(ExitCode.FAILED)
                .contains(broken + " is no picture that can be read"));
        Path text = Files.writeString(folder.resolve("a.safetensors"), "no tensors");
        String line = evaluate("--images", text, "--data", data).fails(ExitCode.FAILED);
        assertTrue(line.contains(text.toString()) && !line.contains("internal error"), line);
        assertFalse(line.contains("\n"));
    }
}
