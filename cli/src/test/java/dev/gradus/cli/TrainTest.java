package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainTest {
    @TempDir
    private Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void makeData() throws Exception {
        data = TinyRun.data(folder);
        run = folder.resolve("run");
    }

    @Test
    void makesARunFolder() throws Exception {
        String out = Cli.run(TinyRun.train(folder, run)).succeeds();
        assertTrue(out.startsWith("Finished 6 steps in "), out);
        for (String file : List.of(
                "config.yaml",
                "samples/step-000006.png",
                "checkpoints/step-000006/model/config.json",
                "checkpoints/step-000006/model/diffusion_pytorch_model.safetensors",
                "checkpoints/step-000006/ema/config.json",
                "checkpoints/step-000006/ema/diffusion_pytorch_model.safetensors")) {
            assertTrue(Files.isRegularFile(run.resolve(file)), file);
        }
        List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
        assertEquals(6, metrics.size());
        JsonNode last = new ObjectMapper().readTree(metrics.getLast());
        TreeSet<String> keys = new TreeSet<>();
        last.fieldNames().forEachRemaining(keys::add);
        assertEquals(
                new TreeSet<>(List.of(
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
                        "deviceMemory")),
                keys);
        assertEquals(6, last.get("step").asInt());
        assertEquals(24, last.get("images").asInt());
        assertEquals(2, last.get("stage").asInt());
        assertEquals(0, last.get("tMin").asInt());
        assertEquals(19, last.get("tMax").asInt());
    }

    @Test
    void theConfigurationOfARunMakesTheSameRunAgain() throws Exception {
        Cli.run(TinyRun.train(folder, run, "--seed", 7)).succeeds();
        Path again = folder.resolve("again");
        Cli.run("train", "--config", run.resolve("config.yaml"), "--run", again).succeeds();
        assertEquals(Files.readString(run.resolve("config.yaml")), Files.readString(again.resolve("config.yaml")));
        String weights = "checkpoints/step-000006/ema/diffusion_pytorch_model.safetensors";
        assertArrayEquals(Files.readAllBytes(run.resolve(weights)), Files.readAllBytes(again.resolve(weights)));
    }

    @Test
    void aRunFolderIsGoneOnWithByItsNameAlone() throws Exception {
        Cli.run(TinyRun.train(folder, run, "--steps", 3)).succeeds();
        assertTrue(Cli.run("train", "--run", run).succeeds().startsWith("The run in " + run + " is already finished."));
        Cli.run("train", "--run", run, "--steps", 5).succeeds();
        assertTrue(Files.isDirectory(run.resolve("checkpoints/step-000005")));
        assertEquals(5, Files.readAllLines(run.resolve("metrics.jsonl")).size());
    }

    @Test
    void anotherConfigurationIsRefusedInTheFolderOfARun() throws Exception {
        Cli.run(TinyRun.train(folder, run, "--steps", 3)).succeeds();
        String config = Files.readString(run.resolve("config.yaml"));
        String line = Cli.run(TinyRun.train(folder, run, "--seed", 8)).fails(ExitCode.USAGE);
        assertTrue(line.contains("holds a run with another configuration: seed"), line);
        assertEquals(config, Files.readString(run.resolve("config.yaml")));
    }

    @Test
    void aConfigurationOfSomethingElseIsLeftAlone() throws Exception {
        Path config = Files.writeString(Files.createDirectory(run).resolve("config.yaml"), "steps: 3\n");
        String line = Cli.run(TinyRun.train(folder, run)).fails(ExitCode.USAGE);
        assertTrue(line.contains("holds a run with another configuration"), line);
        assertEquals("steps: 3\n", Files.readString(config));
        assertEquals(1, run.toFile().list().length);
    }

    @Test
    void aDeviceThatIsNotThereIsRefused() throws Exception {
        assumeFalse(Torch.cudaIsAvailable());
        String line = Cli.run(TinyRun.train(folder, run, "--device", "cuda")).fails(ExitCode.USAGE);
        assertTrue(line.startsWith("gradus train: device: is cuda, but "), line);
        assertFalse(Files.exists(run));
    }

    @Test
    void aTruncatedImageFileIsRefused() throws Exception {
        Path images = data.resolve("train-images-idx3-ubyte");
        byte[] whole = Files.readAllBytes(images);
        Files.write(images, Arrays.copyOf(whole, whole.length - 5));
        String line = Cli.run(TinyRun.train(folder, run)).fails(ExitCode.FAILED);
        assertTrue(line.contains(images.toString()), line);
        assertFalse(Files.exists(run));
    }

    @Test
    void aForeignImageFileIsRefused() throws Exception {
        Path images = data.resolve("train-images-idx3-ubyte");
        Files.writeString(images, "<!DOCTYPE html><html><body>Moved to another address</body></html>");
        String line = Cli.run(TinyRun.train(folder, run)).fails(ExitCode.FAILED);
        assertTrue(line.contains(images.toString()), line);
    }

    @Test
    void aFolderWithoutImagesIsRefused() throws Exception {
        Files.delete(data.resolve("train-images-idx3-ubyte"));
        String line = Cli.run(TinyRun.train(folder, run)).fails(ExitCode.FAILED);
        assertTrue(line.contains(data.toString()) && line.contains("train-images-idx3-ubyte"), line);
    }

    @Test
    void aLossThatIsNotANumberStopsTheRunAndKeepsTheLastGoodCheckpoint() throws Exception {
        Cli failed = Cli.run(TinyRun.train(
                folder,
                run,
                "--steps",
                40,
                "--set",
                "optimizer.lr=1e30",
                "--set",
                "checkpoint.every=1",
                "--set",
                "optimizer.clip=0",
                "--set",
                "optimizer.weightDecay=0"));
        String line = failed.fails(ExitCode.FAILED);
        assertTrue(line.matches("gradus train: .* at step \\d+.*, so training stopped; .*"), line);
        if (line.contains("the last good checkpoint is ")) {
            String kept = line.replaceFirst(".*the last good checkpoint is (\\S+)\\. .*", "$1");
            assertTrue(Files.isRegularFile(Path.of(kept, "ema", "config.json")), kept);
        }
    }
}
