package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Network;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of diffusers' pipelines. Those under {@code resources/pipelines} and the images in them were made by diffusers, by
 * {@code src/test/python/check_diffusers.py --goldens}; the same script checks exported ones in Python.
 */
class PipelineTest {
    @TempDir
    private static Path shared;

    private static Path run;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws Exception {
        TinyRun.data(shared);
        run = shared.resolve("run");
        Cli.run(TinyRun.train(shared, run)).succeeds();
    }

    private static Path golden(String name) throws URISyntaxException {
        return Path.of(PipelineTest.class.getResource("/pipelines/" + name).toURI());
    }

    private float[] draw(Object... options) throws IOException {
        Path raw = folder.resolve("raw.safetensors");
        Object[] args = new Object[options.length + 5];
        System.arraycopy(options, 0, args, 5, options.length);
        System.arraycopy(new Object[] {"sample", "--out", folder.resolve("out.png"), "--raw", raw}, 0, args, 0, 5);
        Cli.run(args).succeeds();
        try (var _ = TensorScope.open()) {
            return SafeTensors.load(raw).get("samples").toFloatArray();
        }
    }

    /** The first is stored in half precision, in several files, with the old names of attention; the second in one folder. */
    @ParameterizedTest
    @ValueSource(strings = {"ddim", "ddpm"})
    void drawsTheImagesThatDiffusersDrew(String name) throws Exception {
        Path drawn = golden(name).resolve("drawn.safetensors");
        float[] ours = draw("--model", golden(name), "--noise", drawn, "--sampling-steps", 20, "--seed", 5);
        try (var _ = TensorScope.open()) {
            Tensor images = SafeTensors.load(drawn).get("images");
            float[] theirs = images.toFloatArray();
            assertTrue(images.std().item() > 0.1, "the images are all of one colour");
            for (int i = 0; i < ours.length; i++) {
                // A pixel of theirs is from 0 to 1. 1e-4 is a fortieth of a step of 8 bits.
                assertEquals(theirs[i], Math.clamp(ours[i] / 2 + 0.5f, 0, 1), 1e-4f);
            }
        }
    }

    @Test
    void aPipelineOfDdpmTakesAllTimestepsByDefault() throws Exception {
        Path drawn = golden("ddpm").resolve("drawn.safetensors");
        float[] all = draw("--model", golden("ddpm"), "--noise", drawn, "--set", "schedule.timesteps=60");
        assertArrayEquals(
                all,
                draw(
                        "--model",
                        golden("ddpm"),
                        "--noise",
                        drawn,
                        "--set",
                        "schedule.timesteps=60",
                        "--sampling-steps",
                        60));
    }

    @ParameterizedTest
    @CsvSource({"ddim, DDIM", "ddpm, DDPM"})
    void whatIsExportedDrawsTheImagesOfTheRun(String sampler, String theirs) throws Exception {
        Path out = folder.resolve("new/pipeline");
        String set = "sampling.sampler=" + sampler;
        assertEquals(
                out + System.lineSeparator(),
                Cli.run("export", "--run", run, "--format", "diffusers", "--out", out, "--set", set)
                        .succeeds());
        assertTrue(Files.readString(out.resolve("model_index.json")).contains("\"" + theirs + "Pipeline\""));
        assertArrayEquals(
                draw("--run", run, "--sampler", sampler, "--count", 3, "--sampling-steps", 10),
                draw("--model", out, "--count", 3, "--sampling-steps", 10));
    }

    @Test
    void aNetworkExportedAloneKnowsHowItWasTrained() throws Exception {
        Path out = folder.resolve("alone");
        Cli.run("export", "--run", run, "--format", "safetensors", "--out", out).succeeds();
        assertArrayEquals(
                draw("--run", run, "--count", 3, "--sampling-steps", 3),
                draw("--model", out, "--count", 3, "--sampling-steps", 3));
        String told = Files.readString(out.resolve("config.yaml"));
        assertTrue(told.contains("\"schedule\""), told);
        assertFalse(told.contains(shared.toString()), "where it was trained is nobody's business");
    }

    @Test
    void aTorchScriptModuleIsTheNetworkOfTheAverages() throws Exception {
        Path out = folder.resolve("script");
        Cli.run("export", "--run", run, "--format", "torchscript", "--out", out).succeeds();
        try (var _ = TensorScope.open();
                ScriptModule module = ScriptModule.load(out.resolve("denoiser.ts"));
                Network network = Network.load(run.resolve("checkpoints/step-000006/ema"))) {
            Tensor x = Torch.randn(2, 1, 8, 8);
            Tensor t = Torch.tensor(new long[] {3, 19});
            Tensor expected = network.forward(x, t, Conditioning.none());
            assertArrayEquals(expected.toFloatArray(), ((Tensor) module.forward(x, t)).toFloatArray(), 1e-5f);
            assertTrue(((String) module.call("about")).contains("\"sampleSize\":8,"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        sampling.sampler=heun      | sampling.sampler: the pipelines of diffusers know ddpm and ddim, not heun
        sampling.spacing=karras    | sampling.spacing: diffusers' pipelines know leading, trailing, linspace, not karras
        sampling.spacing=linspace  | sampling.spacing: linspace is not supported for DDIMScheduler, whose steps then do not end where the next begin
        schedule.kind=edm          | schedule.kind: diffusers' pipelines know linear, scaled-linear, cosine, not edm
        schedule.learned=variance  | schedule.learned: a schedule that was learned has no counterpart outside of its checkpoint
        objective=flow             | objective: diffusers' pipelines know epsilon, v, x0, not flow
        """)
    void whatDiffusersHasNotIsRefusedByNameAndNothingIsWritten(String set, String message) {
        Path out = folder.resolve("out");
        assertEquals(
                "gradus export: " + message,
                Cli.run("export", "--run", run, "--format", "diffusers", "--out", out, "--set", set)
                        .fails(ExitCode.USAGE));
        assertFalse(Files.exists(out));
    }

    @Test
    void aFolderWithSomethingInItIsLeftAlone() throws Exception {
        Files.writeString(folder.resolve("mine"), "");
        assertEquals(
                "gradus export: --out: " + folder + " is not empty; name a new folder",
                Cli.run("export", "--run", run, "--format", "diffusers", "--out", folder)
                        .fails(ExitCode.USAGE));
        assertTrue(Files.exists(folder.resolve("mine")));
    }

    /** A copy of a golden with a word in a file replaced. */
    private Path changed(String file, String word, String other) throws Exception {
        Path copy = folder.resolve("copy");
        Path from = golden("ddim");
        try (var files = Files.walk(from)) {
            for (Path each : files.toList()) {
                Files.copy(each, copy.resolve(from.relativize(each).toString()));
            }
        }
        Path changed = copy.resolve(file);
        String text = Files.readString(changed);
        assertTrue(text.contains(word), file + " has no " + word);
        Files.writeString(changed, text.replace(word, other));
        return copy;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        model_index.json  | "DDIMPipeline"         | "StableDiffusionPipeline" | _class_name: only DDPMPipeline and DDIMPipeline are supported, is StableDiffusionPipeline (in F)
        model_index.json  | "unet"                 | "vqvae"                   | vqvae: is no part of a DDIMPipeline here, is UNet2DModel (in F)
        scheduler/scheduler_config.json | "DDIMScheduler" | "PNDMScheduler"     | _class_name: only DDPMScheduler and DDIMScheduler are supported, is PNDMScheduler; either one's from_config makes another of it (in F)
        scheduler/scheduler_config.json | "linear"        | "sigmoid"           | beta_schedule: 'sigmoid' is not supported, only 'linear', 'scaled_linear', 'squaredcos_cap_v2' (in F)
        scheduler/scheduler_config.json | "epsilon"       | "flow_prediction"   | prediction_type: 'flow_prediction' is not supported, only 'epsilon', 'v_prediction', 'sample' (in F)
        scheduler/scheduler_config.json | "trained_betas": null | "trained_betas": [0.1] | trained_betas: only null is supported, is [0.1] (in F)
        scheduler/scheduler_config.json | "set_alpha_to_one": true | "set_alpha_to_one": false | set_alpha_to_one: only true is supported, is false (in F)
        scheduler/scheduler_config.json | "beta_end"      | "beta_ende"         | beta_ende: is not a key of DDIMScheduler; did you mean 'beta_end'? (in F)
        unet/config.json  | "positional"           | "fourier"                 | time_embedding_type: only "positional" is supported, is "fourier" (in F)
        """)
    void whatIsNotSupportedIsRefusedByName(String file, String word, String other, String message) throws Exception {
        Path copy = changed(file, word, other);
        String line = Cli.run("sample", "--model", copy, "--out", folder.resolve("out.png"))
                .fails(ExitCode.USAGE);
        assertEquals(
                "gradus sample: " + message, line.replace(copy.resolve(file).toString(), "F"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        -00002-of-00002  | -00003-of-00002   | F names the file diffusion_pytorch_model-00003-of-00002.safetensors, which is not there
        diffusion_pytorch_model-00001 | ../diffusion_pytorch_model-00001 | F names '../diffusion_pytorch_model-00001-of-00002.safetensors', which is no safetensors file beside it
        conv_in.bias     | conv_in.bios      | F says that 'conv_in.bios' is in diffusion_pytorch_model-00001-of-00002.safetensors, but it is not
        weight_map       | map               | F has no weight_map that says which tensor is in which file
        """)
    void aWrongIndexOfSeveralFilesIsRefused(String word, String other, String message) throws Exception {
        String file = "unet/diffusion_pytorch_model.safetensors.index.json";
        Path copy = changed(file, word, other);
        String line = Cli.run("sample", "--model", copy, "--out", folder.resolve("out.png"))
                .fails(ExitCode.FAILED);
        assertEquals(
                "gradus sample: " + message, line.replace(copy.resolve(file).toString(), "F"));
    }

    /** {@code pickled.bin} has the weights of the pipeline {@code ddpm}, written by torch.save. */
    @Test
    void theFirstPublishedPipelinesHavePickledWeights() throws Exception {
        Path drawn = golden("ddpm").resolve("drawn.safetensors");
        Path copy = Files.createDirectory(folder.resolve("pickled"));
        for (String file : List.of("model_index.json", "config.json", "scheduler_config.json")) {
            Files.copy(golden("ddpm").resolve(file), copy.resolve(file));
        }
        Files.copy(golden("pickled.bin"), copy.resolve("diffusion_pytorch_model.bin"));
        assertArrayEquals(
                draw("--model", golden("ddpm"), "--noise", drawn, "--sampling-steps", 3),
                draw("--model", copy, "--noise", drawn, "--sampling-steps", 3));
    }
}
