package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The message of every mistake that the tests of single commands do not have. In the tables, {@code T} is the folder. */
class MistakesTest {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void makeFiles() throws IOException {
        Path data = TinyRun.data(folder);
        Path config = TinyRun.config(folder);
        Files.writeString(
                folder.resolve("text.yaml"),
                Files.readString(config)
                        .concat("conditioning: {text: {width: 8}}\n")
                        .replace("addAttention: false", "addAttention: true\n  crossAttentionDim: 8")
                        .replace("[DownBlock2D, ", "[CrossAttnDownBlock2D, ")
                        .replace(", UpBlock2D]", ", CrossAttnUpBlock2D]"));
        Path run = folder.resolve("run");
        Cli.run(TinyRun.train(folder, run, "--steps", 1)).succeeds();
        Files.createDirectory(folder.resolve("empty"));
        for (String name :
                new String[] {"a.txt", "a.zip", "a.npy", "a.safetensors", "broken/a.png", "blocked/checkpoints"}) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "hello");
        }
        Files.copy(run.resolve("config.yaml"), folder.resolve("blocked/config.yaml"));
        Path model = run.resolve("checkpoints/step-000001/ema");
        String json = Files.readString(model.resolve("config.json"));
        byte[] weights = Files.readAllBytes(model.resolve("diffusion_pytorch_model.safetensors"));
        model("cut-config", json.substring(0, json.length() / 2), weights);
        model("list", "[1]", weights);
        model("words", json.replaceAll("(\"in_channels\"\\s*:\\s*)1", "$1\"one\""), weights);
        model("cut-weights", json, Arrays.copyOf(weights, weights.length - 10));
        model("text-weights", json, "hello".getBytes());
        model("no-weights", json, null);
        model("cut-scheduler", json, weights);
        Files.writeString(folder.resolve("cut-scheduler/scheduler_config.json"), "{");
        Files.writeString(
                folder.resolve("plan.yaml"),
                "set: {steps: 2, data: {format: idx, path: " + data
                        + "}}\narms:\n  a: {}\nscoring: {every: 2, metrics: [fid]}\n");
    }

    private static void model(String name, String config, byte[] weights) throws IOException {
        Path model = Files.createDirectory(folder.resolve(name));
        Files.writeString(model.resolve("config.json"), config);
        if (weights != null) {
            Files.write(model.resolve("diffusion_pytorch_model.safetensors"), weights);
        }
    }

    /** Expects what a table says, and that nothing was made. */
    private static void assertRefused(int exitCode, String message, String... args) {
        String line = Cli.run((Object[]) args).fails(exitCode).replace(folder.toString(), "T");
        assertEquals(message, line.replaceFirst("^gradus [a-z ]+: ", ""));
        assertFalse(Files.exists(folder.resolve("new")));
    }

    private static String[] words(String line) {
        String[] words = line.split(" ");
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].replaceFirst("(^|=)T(/|$)", "$1" + folder + "$2");
        }
        return words;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        steps: [1                           | line 1: not valid YAML: expected ',' or ']', but got <stream end>
        `steps: 1\nsteps: 2`                | line 2: the key 'steps' is given twice
        - a                                 | line 1: expected keys and values, as in 'batchSize: 32'
        hello                               | line 1: expected keys and values, as in 'batchSize: 32'
        `a:\n\tb: 1`                        | line 2: not valid YAML: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)
        steps: {a: 1}                       | line 1: unknown key 'steps.a'; did you mean 'steps'?
        batchSize: 1.5                      | line 1: batchSize is '1.5' but must be a whole number up to 2147483647
        batchSize: 99999999999              | line 1: batchSize is '99999999999' but must be a whole number up to 2147483647
        steps:                              | line 1: steps is '' but must be a whole number up to 2147483647
        optimizer: 3                        | line 1: 'optimizer' holds further keys, such as 'optimizer.lr'
        optimizer: {lr: .nan}               | line 1: optimizer.lr is '.nan' but must be a number
        optimizer: {betas: [1, 2, 3]}       | line 1: optimizer.betas: must be two numbers, such as [0.9, 0.999], is [1.0, 2.0, 3.0]
        model: {kind: gan}                  | line 1: model.kind is 'gan' but must be one of unet, dit
        model: {blockOutChannels: [8, x]}   | line 1: model.blockOutChannels is 'x' but must be a whole number up to 2147483647
        model: {sampleSize: 0}              | line 1: model.sampleSize: must be at least 1, is 0
        data: {path: ''}                    | line 1: data.path: must name a folder, is empty
        init: ''                            | line 1: init: must name a folder, is empty
        a: *nope                            | line 1: not valid YAML: found undefined alias nope
        ? [1, 2]                            | line 1: a key must be a single word
        `steps: 3\n---\nsteps: 4`           | line 2: not valid YAML: but found another document
        a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}} | line 1: nested too deeply
        """)
    void configurationFile(String yaml, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("mistake.yaml"), yaml);
        assertRefused(
                ExitCode.USAGE,
                "T/mistake.yaml, " + message,
                "train",
                "--run",
                folder.resolve("new").toString(),
                "--config",
                file.toString());
    }

    @Test
    void configurationFileThatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertRefused(ExitCode.USAGE, "T/binary.yaml: not a text file in UTF-8", "train", "--config", file.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        2 | model.inChannels=3 model.outChannels=3 | model.inChannels: is 3, but the images have 1; set it and model.outChannels to that, or data.channels to have the images converted
        2 | model.outChannels=3       | --set: model.outChannels: must equal model.inChannels, 1, is 3
        2 | model.numClassEmbeds=2    | model.numClassEmbeds: is 2, which is 2 classes, but image 2 has the label 2
        2 | model.numClassEmbeds=3 model.nullClassEmbed=true | model.numClassEmbeds: is 3, which is 2 classes and the one for none, but image 2 has the label 2
        2 | model.sampleSize=9        | --set: model.sampleSize: must be a multiple of 2, because 2 levels halve it 1 times, is 9
        1 | model.sampleSize=4        | T/data/train-images-idx3-ubyte: images of 8 x 8 do not fit the model's 4 x 4; set model.sampleSize to at least 8
        2 | model.downBlockTypes=[Down,DownBlock2D] | --set: model.downBlockTypes: 'Down' is not supported, only 'DownBlock2D' and 'AttnDownBlock2D'
        2 | model.normNumGroups=3     | T/tiny.yaml, line 4: model.blockOutChannels: must be multiples of normNumGroups (3), is [8, 8]
        2 | model.blockOutChannels=[8] | T/tiny.yaml, line 5: model.downBlockTypes: must have as many entries as blockOutChannels (1), is [DownBlock2D, DownBlock2D]
        2 | data.format=jpeg          | --set: data.format is 'jpeg' but must be one of fashion-mnist, idx, emoji, cifar10, cifar100, images, array
        1 | data.format=cifar10       | data folder T/data must hold data_batch_*.bin; set data.path to the folder that does
        1 | data.format=array         | T/data: is no .safetensors, .npy or .npz file
        1 | data.path=T/a.txt         | data folder T/a.txt: no such folder; set data.path to the folder that holds train-images-idx3-ubyte or train-images-idx3-ubyte.gz
        1 | data.path=T/empty         | data folder T/empty holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz; set data.path to the folder that does
        1 | data.format=images data.path=T/empty | T/empty: has no images among its 0 files; PNG, JPEG, WebP, GIF, BMP and TIFF are read
        2 | data.format=images data.path=T/broken | model.inChannels: is 1, but the images have 3; set it and model.outChannels to that, or data.channels to have the images converted
        1 | data.format=images data.path=T/a.zip | T/a.zip: is no zip file, or a damaged one: zip END header not found
        1 | data.format=array data.path=T/a.npy | T/a.npy: does not begin as a .npy file
        1 | data.format=array data.path=T/a.safetensors | T/a.safetensors: is not a safetensors file: it has 5 bytes, fewer than the 8 of the header's length
        2 | data.workers=0            | --set: data.workers: must be from 1 to 64, is 0
        2 | sampling.guidance.scale=2 | sampling.guidance.scale: must be 1 for a network without a class that stands for none (model.nullClassEmbed), is 2.0
        2 | sampling.steps=30         | --set: sampling.steps: must be at most schedule.timesteps, 20, is 30
        2 | curriculum.clusters=21    | --set: curriculum.clusters: must be at most schedule.timesteps, 20, is 21
        2 | curriculum.clustering=difficulty | curriculum.difficulty: must name a JSON file that 'gradus analyze' wrote when curriculum.clustering is difficulty
        2 | curriculum.clustering=difficulty curriculum.difficulty=T/a.txt | curriculum.difficulty: names the file T/a.txt, which is no readable JSON: Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')
        2 | curriculum.clustering=difficulty curriculum.difficulty=T/none.json | curriculum.difficulty: names the file T/none.json, which is no readable JSON: T/none.json (No such file or directory)
        2 | checkpoint.every=-1       | --set: checkpoint.every: must be at least 0, is -1
        2 | optimizer=3               | --set: 'optimizer' holds further keys, such as 'optimizer.lr'
        2 | steps                     | --set: 'steps' is not of the form KEY=VALUE, as in --set batchSize=32
        2 | steps=                    | --set: steps is '' but must be a whole number up to 2147483647
        2 | optimizer.betas=[1,       | --set optimizer.betas, line 1: not valid YAML: expected the node content, but found '<stream end>'
        """)
    void trainingSettings(int exitCode, String settings, String message) {
        String line = "train --config T/tiny.yaml --run T/new --set " + settings.replace(" ", " --set ");
        assertRefused(exitCode, message, words(line));
    }

    @Test
    void networkThatDoesNotFitIntoMemory() {
        String line = "train --config T/tiny.yaml --run T/huge --set model.blockOutChannels=[4000000,4000000]";
        String message = Cli.run((Object[]) words(line)).fails(ExitCode.FAILED);
        assertTrue(
                message.matches(
                        "gradus train: out of memory: [0-9]+ bytes were asked for; .*; try a smaller batchSize or"
                                + " model"),
                message);
        // The same folder can be used at once for a smaller one.
        assertFalse(Files.exists(folder.resolve("huge/config.yaml")));
        Cli.run((Object[]) words("train --config T/tiny.yaml --run T/huge --steps 1"))
                .succeeds();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        2 | train --config T/text.yaml --run T/new       | model.crossAttentionDim: is set, so the network takes text, but the images of data.format idx have no captions; choose data with captions, or leave it out
        2 | train --config T --run T/new                 | T: cannot be read: it is a folder
        2 | train --config T/tiny.yaml --run T/new --seed x | --seed: seed is 'x' but must be a whole number
        1 | train --config T/tiny.yaml --run T/a.txt/new | T/a.txt/new: Not a directory
        1 | train --run T/blocked                        | T/blocked/checkpoints is there already, and is a file, not a folder
        2 | sample --run T/a.txt --out T/new             | --run: T/a.txt is not a folder
        2 | sample --model T/none --out T/new            | --model: there is no folder T/none
        2 | sample --run T/blocked --out T/new           | --run: T/blocked has no checkpoint yet
        2 | sample --run T/run --out T                   | --out: T is a folder; name a file
        2 | sample --run T/run --out T/new.JPG       | --out: pictures are written as PNG; let the name end in .png, not as in T/new.JPG
        2 | sample --run T/run --out T/new --raw T       | --raw: T is a folder; name a file
        2 | sample --run T/run --out T/new --noise T     | --noise: T is not a file
        1 | sample --run T/run --out T/new --noise T/a.txt | T/a.txt: is not a safetensors file: it has 5 bytes, fewer than the 8 of the header's length
        2 | sample --run T/run --out T/new --count 0     | --count: sampling.count: must be from 1 to 4096, is 0
        2 | sample --run T/run --out T/new --count x     | --count: sampling.count is 'x' but must be a whole number up to 2147483647
        2 | sample --run T/run --out T/new --eta 2       | --eta: sampling.eta: must be from 0.0 to 1.0, is 2.0
        2 | sample --run T/run --out T/new --churn -2    | --churn: sampling.churn.amount: must be at least 0 and finite, is -2.0
        2 | sample --run T/run --out T/new --guidance x  | --guidance: sampling.guidance.scale is 'x' but must be a number
        2 | sample --run T/run --out T/new --interpolate a,b | --interpolate: must be a whole number, is 'a' (see gradus sample --help)
        2 | sample --run T/run --out T/new --strip --count 65 | --strip: shows at most 64 images, not 65
        2 | sample --run T/run --out T/new --device tpu  | --device: device: must be auto, cpu, cuda or cuda:N, is tpu
        2 | sample --run T/run --out T/new --spacing wide | --spacing: sampling.spacing is 'wide' but must be one of auto, leading, trailing, linspace, karras, exponential
        2 | sample --run T/run --out T/new --set objective=x | --set: objective is 'x' but must be one of epsilon, v, x0, edm, flow
        1 | sample --model T/cut-config --out T/new      | T/cut-config/config.json, line 17: not valid JSON: Unexpected end-of-input within/between Object entries
        2 | sample --model T/list --out T/new            | config.json: must hold one JSON object (in T/list/config.json)
        2 | sample --model T/words --out T/new           | in_channels: must be a whole number, is "one" (in T/words/config.json)
        1 | sample --model T/cut-weights --out T/new     | T/cut-weights/diffusion_pytorch_model.safetensors: tensor 'up_blocks.1.resnets.1.time_emb_proj.weight': data_offsets [68196, 69220] lie outside the file, which has 69210 bytes of tensor data
        1 | sample --model T/text-weights --out T/new    | T/text-weights/diffusion_pytorch_model.safetensors: is not a safetensors file: it has 5 bytes, fewer than the 8 of the header's length
        1 | sample --model T/no-weights --out T/new      | the model folder T/no-weights has no file diffusion_pytorch_model.safetensors
        1 | sample --model T/cut-scheduler --out T/new   | T/cut-scheduler/scheduler_config.json, line 1: not valid JSON: Unexpected end-of-input: expected close marker for Object
        2 | export --run T/run --out T/new               | missing --format (see gradus export --help)
        2 | export --format diffusers --out T/new        | give --run DIR or --model DIR
        2 | export --run T/run --format onnx --out T/new | --format: must be one of diffusers, safetensors, torchscript, is 'onnx'
        2 | export --run T/run --format diffusers --out T | --out: T is not empty; name a new folder
        1 | export --run T/run --format diffusers --out T/a.txt | T/a.txt is not a folder
        2 | export --run T/blocked --format diffusers --out T/new | --run: T/blocked has no checkpoint yet
        2 | train --init T/none --run T/new              | --init: there is no folder T/none
        1 | train --init T/empty --run T/new             | the model folder T/empty has no file config.json
        2 | sample --run T/run --out T/new --raw T/none/x.npz | --raw: there is no folder T/none
        2 | evaluate --run T/run --step 7                | --step: T/run has no checkpoint of step 7
        2 | evaluate --run T/run --step x                | --step: must be a whole number, is 'x' (see gradus evaluate --help)
        2 | evaluate --run T/run --features T            | --features: T is not a file
        2 | evaluate --run T/run --features-range x      | --features-range: must be one of SIGNED, UNIT, BYTES, UINT8, IMAGENET, is 'x' (see gradus evaluate --help)
        2 | evaluate --run T/run --sampling-steps 21     | --sampling-steps: sampling.steps: must be at most schedule.timesteps, 20, is 21
        2 | evaluate --run T/run --device tpu            | --device: must be auto, cpu, cuda or cuda:N, is tpu
        2 | evaluate --run T/run --json T                | --json: T is a folder; name a file
        1 | evaluate --run T/run --data T/a.txt          | T/a.txt: is neither a folder nor a .zip or .tar file
        2 | evaluate --run T/run --set stepz=3           | --set: unknown key 'stepz'; did you mean 'steps'?
        1 | evaluate --images T/a.txt --data T/data      | T/a.txt: is not a safetensors file: it has 5 bytes, fewer than the 8 of the header's length
        2 | experiment                                   | missing FILE.yaml (see gradus experiment --help)
        2 | experiment T/none.yaml                       | FILE.yaml: there is no file T/none.yaml
        2 | experiment T                                 | FILE.yaml: T is not a file
        2 | experiment T/plan.yaml --out T/a.txt         | --out: T/a.txt is a file, not a folder for an experiment; choose another one
        2 | experiment T/plan.yaml --summary --out T/new | --summary: there is no experiment in T/new yet; run it without --summary first, or name its folder with --out
        2 | experiment T/plan.yaml --steps 0             | --steps: steps: must be at least 1, is 0
        1 | data info T/a.txt                            | T/a.txt: is neither a folder nor a .zip or .tar file
        1 | data info T/empty                            | T/empty: has no images among its 0 files; PNG, JPEG, WebP, GIF, BMP and TIFF are read
        1 | data info T/a.zip                            | T/a.zip: is no zip file, or a damaged one: zip END header not found
        1 | data info T/a.npy                            | T/a.npy: does not begin as a .npy file
        2 | data info T/data --threads 0                 | --threads: must be from 1 to 1024, is 0
        2 | data pack T/data --size x --out T/p.safetensors | --size: must be a whole number, is 'x' (see gradus data pack --help)
        2 | data pack T/data --size 8 --out T/none/p.safetensors | --out: there is no folder T/none
        2 | data pack T/data --size 8 --resize x --out T/p.safetensors | --resize: data.resize is 'x' but must be one of box, bilinear, bicubic, lanczos
        2 | data pack T/data --size 8 --broken x --out T/p.safetensors | --broken: data.broken is 'x' but must be one of fail, skip
        1 | data pack T/broken --size 8 --out T/p.safetensors | T/broken/a.png: not a PNG, JPEG, WebP, GIF, BMP or TIFF image; repair or remove the image, or leave out broken ones with --broken skip
        2 | data show T/data --cell 5 --out T/new        | --cell: must be from 16 to 1024, is 5
        2 | data show T/data --out T                     | --out: T is a folder; name a file
        2 | ema --run T --std 0.1                        | --run: T is not the folder of a run: it has no config.yaml
        2 | report T/none                                | RUN: there is no folder T/none
        2 | report T/empty                               | RUN: T/empty is not the folder of a run: it has no config.yaml
        2 | report T/run --out T                         | --out: T is a folder; name a file
        2 | show T/empty                                 | RUN: T/empty is not the folder of a run: it has no config.yaml
        2 | serve T/empty                                | RUN: T/empty is not the folder of a run: it has no config.yaml
        2 | serve T/run --port 70000                     | --port: must be from 0 to 65535, is 70000
        2 | serve T/run --token short                    | --token: must be at least 16 letters, digits, - and _
        2 | serve T/run --host 0.0.0.0                   | --host: 0.0.0.0 can be reached from elsewhere, so it needs --token
        2 | show T/run --height 1                        | --height: must be from 2 to 60, is 1
        2 | presets fashion-mnist x                      | unexpected 'x' (see gradus presets --help)
        2 | analyze                                      | an analysis is missing: entropy, convergence, quality (see gradus analyze --help)
        2 | analyze convergence --config T/tiny.yaml --out T | --out: folder T is not empty and has no plan.json, so it is not such a study; choose another folder
        2 | parity --model T/list --inputs T/a.txt --out T/new | config.json: must hold one JSON object (in T/list/config.json)
        """)
    void commandLine(int exitCode, String line, String message) {
        assertRefused(exitCode, message, words(line));
    }
}
