package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.model.Network;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that begin with the weights of a pipeline of diffusers: {@code train --init}. */
class TrainFromTest {
    @TempDir
    private Path folder;

    private Path pipeline;
    private Path run;

    @BeforeEach
    void copyThePipeline() throws Exception {
        TinyRun.data(folder);
        run = folder.resolve("run");
        pipeline = folder.resolve("pipeline");
        Path golden = Path.of(getClass().getResource("/pipelines/ddim").toURI());
        try (var files = Files.walk(golden)) {
            for (Path file : files.toList()) {
                Files.copy(file, pipeline.resolve(golden.relativize(file).toString()));
            }
        }
    }

    private Cli train(String... more) {
        List<Object> args = new ArrayList<>(List.of("train", "--run", run, "--device", "cpu", "--threads", 1));
        for (String set : List.of(
                "data.format=idx",
                "data.path=" + folder.resolve("data"),
                "data.channels=3",
                "batchSize=4",
                "logEvery=1",
                "optimizer.warmupSteps=0",
                "sampling.steps=2",
                "sampling.count=1")) {
            args.addAll(List.of("--set", set));
        }
        args.addAll(List.of(more));
        return Cli.run(args.toArray());
    }

    private static Map<String, Tensor> weights(Path model) throws IOException {
        return Network.load(model).stateDict();
    }

    @Test
    void beginsWithTheWeightsTheScheduleAndTheObjectiveOfThePipeline() throws Exception {
        // A learning rate that changes no float32 in one step.
        train("--init", pipeline.toString(), "--steps", "1", "--set", "optimizer.lr=1e-30", "--set", "ema.decay=0.5")
                .succeeds();
        String config = Files.readString(run.resolve("config.yaml"));
        for (String line : List.of(
                "init: " + pipeline,
                "blockOutChannels: [8, 16]",
                "attentionHeadDim: 4",
                "kind: linear",
                "objective: epsilon")) {
            assertTrue(config.contains(line), config);
        }
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> given = weights(pipeline.resolve("unet"));
            for (String part : List.of("model", "ema")) {
                Map<String, Tensor> trained = weights(run.resolve("checkpoints/step-000001/" + part));
                assertEquals(given.keySet(), trained.keySet());
                given.forEach((name, tensor) -> assertArrayEquals(
                        tensor.toFloatArray(), trained.get(name).toFloatArray(), 1e-7f, name));
            }
        }
    }

    @Test
    void goesOnWhenThePipelineIsGone() throws Exception {
        train("--init", pipeline.toString(), "--steps", "1").succeeds();
        Files.move(pipeline, folder.resolve("elsewhere"));
        String out = Cli.run("train", "--run", run, "--steps", 2).succeeds();
        assertTrue(out.startsWith("Finished 2 steps"), out);
    }

    @Test
    void aNetworkOfAnotherKindIsRefused() {
        assertEquals(
                "gradus train: init: the network in " + pipeline
                        + " is another one than model: block_out_channels is [8,16] there and [8,8] here; --init sets"
                        + " model to that of the folder",
                train("--init", pipeline.toString(), "--set", "model.blockOutChannels=[8,8]")
                        .fails(ExitCode.USAGE));
        assertEquals(
                "gradus train: init: the network in " + pipeline
                        + " is another one than model: norm_num_groups is 4 there and 8 here; --init sets model to"
                        + " that of the folder",
                train("--init", pipeline.toString(), "--set", "model.normNumGroups=8", "--dry-run")
                        .fails(ExitCode.USAGE));
        assertFalse(Files.exists(run));
    }

    @Test
    void aFolderThatIsNotThereIsRefused() {
        Path nowhere = folder.resolve("nowhere");
        assertEquals(
                "gradus train: --init: there is no folder " + nowhere,
                train("--init", nowhere.toString()).fails(ExitCode.USAGE));
        assertEquals(
                "gradus train: init: there is no folder " + nowhere,
                train("--set", "init=" + nowhere, "--set", "model.inChannels=3", "--set", "model.outChannels=3")
                        .fails(ExitCode.USAGE));
    }
}
