package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.text.BytePairVocabulary;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.diffusion.text.TextEncoderConfig;
import dev.gradus.diffusion.text.TransformerTextEncoder;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleAndParityTest {
    @TempDir
    private static Path shared;

    private static Path run;
    private static Path model;

    @TempDir
    private Path folder;

    private Path out;

    @BeforeAll
    static void train() throws Exception {
        TinyRun.data(shared);
        run = shared.resolve("run");
        model = run.resolve("checkpoints/step-000006/ema");
        Cli.run(TinyRun.train(shared, run)).succeeds();
    }

    @BeforeEach
    void nameTheOutput() throws Exception {
        out = folder.resolve("out.png");
    }

    private Path tensors(String name, Map<String, Tensor> tensors) throws Exception {
        Path file = folder.resolve(name);
        SafeTensors.save(file, tensors);
        return file;
    }

    private static float[] read(Path file, String name) throws Exception {
        try (var _ = TensorScope.open()) {
            return SafeTensors.load(file).get(name).toFloatArray();
        }
    }

    @Test
    void drawsANearlySquareGridAndTheRawValues() throws Exception {
        Path raw = folder.resolve("raw.safetensors");
        assertEquals(
                out + System.lineSeparator(),
                Cli.run("sample", "--run", run, "--count", 5, "--out", out, "--raw", raw)
                        .succeeds());
        ByteBuffer png = ByteBuffer.wrap(Files.readAllBytes(out));
        assertEquals(0x89504e470d0a1a0aL, png.getLong(0), "no PNG");
        assertEquals(3 * TinyRun.SIZE, png.getInt(16), "width");
        assertEquals(2 * TinyRun.SIZE, png.getInt(20), "height");
        try (SafeTensors.File file = SafeTensors.read(raw)) {
            assertArrayEquals(new long[] {5, 1, 8, 8}, file.info("samples").shape());
        }
    }

    private int[] pictureSize() throws Exception {
        ByteBuffer png = ByteBuffer.wrap(Files.readAllBytes(out));
        return new int[] {png.getInt(16) / TinyRun.SIZE, png.getInt(20) / TinyRun.SIZE};
    }

    /** The values of the images drawn with some options, after the run's or the model's. */
    private float[] draw(Object... options) throws Exception {
        Path raw = folder.resolve("drawn.safetensors");
        List<Object> args = new ArrayList<>(List.of("sample", "--out", out, "--raw", raw));
        args.addAll(List.of(options));
        Cli.run(args.toArray()).succeeds();
        return read(raw, "samples");
    }

    private static float[] image(float[] images, int i) {
        return Arrays.copyOfRange(images, i * 64, (i + 1) * 64);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ddim",
                "ddpm",
                "euler",
                "heun",
                "euler-ancestral",
                "dpm-solver-2m",
                "sde-dpm-solver-2m",
                "edm",
                "flow-euler",
                "flow-heun"
            })
    void everySamplerAndSpacingDraws(String sampler) throws Exception {
        float[] images = draw("--run", run, "--count", 2, "--sampler", sampler, "--sampling-steps", 3, "--churn", 1);
        for (String spacing : new String[] {"leading", "linspace", "karras", "exponential"}) {
            float[] others = draw(
                    "--run",
                    run,
                    "--count",
                    2,
                    "--sampler",
                    sampler,
                    "--sampling-steps",
                    3,
                    "--churn",
                    1,
                    "--spacing",
                    spacing);
            boolean isDefault = spacing.equals("karras") && (sampler.equals("heun") || sampler.equals("edm"));
            assertEquals(isDefault, Arrays.equals(images, others), spacing);
        }
    }

    @Test
    void anInterpolationGoesFromOneSeedToTheOther() throws Exception {
        float[] row = draw("--run", run, "--interpolate", "3,4", "--count", 5);
        assertArrayEquals(new int[] {5, 1}, pictureSize());
        float[] from = draw("--run", run, "--seed", 3, "--count", 1);
        float[] to = draw("--run", run, "--seed", 4, "--count", 1);
        // The same noise in a batch of another size, whose convolutions may round otherwise.
        assertArrayEquals(image(from, 0), image(row, 0), 1e-5f);
        assertArrayEquals(image(to, 0), image(row, 4), 1e-5f);
        assertFalse(Arrays.equals(image(row, 0), image(row, 1)));
    }

    @Test
    void aStripHasTwoRowsForEachImage() throws Exception {
        draw("--run", run, "--strip", "--sampling-steps", 3);
        assertArrayEquals(new int[] {4, 8}, pictureSize());
        draw("--run", run, "--strip", "--count", 2, "--sampling-steps", 20);
        assertArrayEquals(new int[] {11, 4}, pictureSize());
    }

    @Test
    void classesAndGuidanceChooseWhatIsDrawn() throws Exception {
        Path conditional = folder.resolve("conditional");
        Cli.run(TinyRun.train(
                        shared,
                        conditional,
                        "--set",
                        "model.numClassEmbeds=4",
                        "--set",
                        "model.nullClassEmbed=true",
                        "--set",
                        "data.format=fashion-mnist"))
                .succeeds();
        float[] inTurn = draw("--run", conditional, "--count", 6, "--sampling-steps", 2);
        assertArrayEquals(inTurn, draw("--run", conditional, "--count", 6, "--sampling-steps", 2, "--class", "0,1,2"));
        float[] trousers = draw("--run", conditional, "--count", 6, "--sampling-steps", 2, "--class", "trouser");
        assertArrayEquals(image(inTurn, 1), image(trousers, 1), 1e-5f);
        assertArrayEquals(image(inTurn, 4), image(trousers, 4), 1e-5f);
        assertFalse(Arrays.equals(image(inTurn, 0), image(trousers, 0)));
        float[] guided = draw("--run", conditional, "--count", 6, "--sampling-steps", 2, "--guidance", 3, "--class", 1);
        assertFalse(Arrays.equals(trousers, guided));
        assertArrayEquals(
                trousers,
                draw(
                        "--run",
                        conditional,
                        "--count",
                        6,
                        "--sampling-steps",
                        2,
                        "--guidance",
                        3,
                        "--class",
                        1,
                        "--guidance-interval",
                        "0,0.0001"));
        draw("--run", conditional, "--interpolate", "1,2", "--count", 3, "--class", "0,2", "--sampling-steps", 2);
        assertArrayEquals(new int[] {3, 2}, pictureSize());
        assertEquals(
                "gradus sample: --class: there is no class 'Trouserz'; did you mean 'Trouser'? (classes: 0 to 2, or"
                        + " T-shirt/top, Trouser, Pullover)",
                Cli.run("sample", "--run", conditional, "--class", "Trouserz", "--out", out)
                        .fails(ExitCode.USAGE)
                        .replaceFirst("^.*gradus sample", "gradus sample"));
    }

    @Test
    void theSeedDeterminesTheImages() throws Exception {
        for (String name : new String[] {"a", "b", "c"}) {
            Cli.run(
                            "sample",
                            "--run",
                            run,
                            "--count",
                            2,
                            "--sampler",
                            "ddpm",
                            "--seed",
                            name.equals("c") ? 2 : 1,
                            "--out",
                            out,
                            "--raw",
                            folder.resolve(name))
                    .succeeds();
        }
        float[] first = read(folder.resolve("a"), "samples");
        assertArrayEquals(first, read(folder.resolve("b"), "samples"));
        assertFalse(Arrays.equals(first, read(folder.resolve("c"), "samples")));
    }

    @Test
    void aCheckpointFolderSamplesLikeItsRun() throws Exception {
        try (var _ = TensorScope.open()) {
            Path noise = tensors("noise", Map.of("noise", Torch.randn(Generator.cpu(3), 3, 1, 8, 8)));
            Cli.run("sample", "--run", run, "--noise", noise, "--out", out, "--raw", folder.resolve("a"))
                    .succeeds();
            Cli.run("sample", "--model", model, "--noise", noise, "--out", out, "--raw", folder.resolve("b"))
                    .succeeds();
        }
        float[] samples = read(folder.resolve("a"), "samples");
        assertEquals(3 * 64, samples.length);
        assertArrayEquals(samples, read(folder.resolve("b"), "samples"));
    }

    @Test
    void noiseThatDoesNotFitIsRefusedAndThePictureStays() throws Exception {
        Files.writeString(out, "precious");
        try (var _ = TensorScope.open()) {
            Path other = tensors("other", Map.of("x", Torch.zeros(1)));
            assertEquals(
                    "gradus sample: --noise: " + other + " has no tensor 'noise', only x",
                    Cli.run("sample", "--run", run, "--noise", other, "--out", out)
                            .fails(ExitCode.FAILED));
            Path wrong = tensors("wrong", Map.of("noise", Torch.zeros(2, 3, 8, 8)));
            String line = Cli.run("sample", "--run", run, "--noise", wrong, "--out", out)
                    .fails(ExitCode.FAILED);
            assertTrue(line.contains("'noise' has the shape [2, 3, 8, 8], but "), line);
            assertTrue(line.endsWith(" needs [B, 1, 8, 8]"), line);
        }
        assertEquals("precious", Files.readString(out));
    }

    @Test
    void wrongUsageIsRefused() {
        assertEquals(
                "gradus sample: give --run DIR or --model DIR",
                Cli.run("sample", "--out", out).fails(2));
        assertEquals(
                "gradus sample: give --run or --model, not both",
                Cli.run("sample", "--run", run, "--model", model, "--out", out).fails(2));
        assertEquals(
                "gradus sample: --run: there is no folder " + folder.resolve("none"),
                Cli.run("sample", "--run", folder.resolve("none"), "--out", out).fails(2));
        assertEquals(
                "gradus sample: --run: " + folder + " is not the folder of a run: it has no config.yaml",
                Cli.run("sample", "--run", folder, "--out", out).fails(2));
        assertEquals(
                "gradus sample: --out: there is no folder " + folder.resolve("none"),
                Cli.run("sample", "--run", run, "--out", folder.resolve("none/a.png"))
                        .fails(2));
        assertEquals(
                "gradus sample: --sampler: sampling.sampler is 'ddmi' but must be one of ddim, ddpm, euler,"
                        + " heun, euler-ancestral, dpm-solver-2m, sde-dpm-solver-2m, edm, flow-euler, flow-heun",
                Cli.run("sample", "--run", run, "--sampler", "ddmi", "--out", out)
                        .fails(2));
        assertEquals(
                "gradus sample: --interpolate: takes two numbers with a comma between them",
                Cli.run("sample", "--run", run, "--interpolate", "1,2,3", "--out", out)
                        .fails(2));
        assertEquals(
                "gradus sample: --guidance-interval: sampling.guidance.sigmaMax: must be at least"
                        + " sampling.guidance.sigmaMin and finite, is 1.0",
                Cli.run("sample", "--run", run, "--guidance-interval", "2,1", "--out", out)
                        .fails(2));
        assertEquals(
                "gradus sample: --sampling-steps: sampling.steps: must be at most schedule.timesteps, 20, is 21",
                Cli.run("sample", "--run", run, "--sampling-steps", 21, "--out", out)
                        .fails(2));
    }

    /** A network that takes text, with its text encoder. */
    private Path textModel() throws Exception {
        Path target = folder.resolve("text-model");
        UNet2DConfig config = UNet2DConfig.fashion().with(c -> {
            c.sampleSize = 8;
            c.blockOutChannels = List.of(8);
            c.layersPerBlock = 1;
            c.downBlockTypes = List.of("DownBlock2D");
            c.upBlockTypes = List.of("UpBlock2D");
            c.crossAttentionDim = 8;
        });
        var vocabulary = BytePairVocabulary.train(List.of("a bag", "a boot"), 300, 1);
        try (var _ = TensorScope.open();
                Generator random = Generator.cpu(3);
                Network network = Network.of(config, random);
                TextEncoder text =
                        new TransformerTextEncoder(new TextEncoderConfig(300, 8, 8, 1, 2, 0), vocabulary, random)) {
            network.parameters()
                    .forEach(p -> p.detach().add_(Torch.randn(random, p.shape()).mul(0.1)));
            network.save(target);
            text.save(target.resolve(ImageGenerator.TEXT_ENCODER));
        }
        return target;
    }

    @Test
    void promptsAreDrawnInTurnAndANegativeOneWithGuidance() throws Exception {
        Path texts = textModel();
        Object[] common = {"--model", texts, "--sampling-steps", 2, "--set", "sampling.clip=0", "--count", 2};
        float[] both = draw(with(common, "--prompt", "a bag", "--prompt", "a boot"));
        float[] bags = draw(with(common, "--prompt", "a bag"));
        assertArrayEquals(image(both, 0), image(bags, 0));
        assertFalse(Arrays.equals(image(both, 1), image(bags, 1)));
        float[] guided = draw(with(common, "--prompt", "a bag", "--guidance", 3));
        assertFalse(Arrays.equals(bags, guided));
        float[] negative = draw(with(common, "--prompt", "a bag", "--guidance", 3, "--negative-prompt", "a boot"));
        assertFalse(Arrays.equals(guided, negative));
        draw(with(common, "--interpolate", "1,2", "--prompt", "a bag", "--prompt", "a boot", "--prompt", "a hat"));
        assertArrayEquals(new int[] {2, 3}, pictureSize());
        assertEquals(
                "gradus sample: --negative-prompt: needs --guidance with another scale than 1",
                Cli.run(with(new Object[] {"sample", "--model", texts}, "--negative-prompt", "a boot", "--out", out))
                        .fails(ExitCode.USAGE));
    }

    private static Object[] with(Object[] some, Object... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray();
    }

    @Test
    void whatTheModelDoesNotKnowIsRefused() {
        for (Object[] wish : new Object[][] {
            {"--prompt", "a boot", "takes no text"},
            {"--negative-prompt", "a boot", "takes no text"},
            {"--class", "3", "takes no classes"},
            {"--guidance", "2", "has no class that stands for none"}
        }) {
            String line = Cli.run("sample", "--run", run, wish[0], wish[1], "--out", out)
                    .fails(ExitCode.USAGE);
            assertTrue(line.contains(wish[0] + ": the model in " + model + " " + wish[2]), line);
        }
        assertFalse(Files.exists(out));
    }

    @Test
    void aModelFolderWithoutAModelIsRefused() {
        String line = Cli.run("sample", "--model", folder, "--out", out).fails(ExitCode.FAILED);
        assertTrue(line.contains(folder + " has no file config.json"), line);
    }

    @Test
    void weightsThatDoNotFitTheConfigurationAreRefused() throws Exception {
        Path broken = Files.createDirectory(folder.resolve("model"));
        String config = Files.readString(model.resolve("config.json"));
        Files.writeString(
                broken.resolve("config.json"),
                config.replaceAll("(\"norm_num_groups\"\\s*:\\s*)2", "$14")
                        .replaceAll("(\"in_channels\"\\s*:\\s*)1", "$13"));
        Files.copy(
                model.resolve("diffusion_pytorch_model.safetensors"),
                broken.resolve("diffusion_pytorch_model.safetensors"));
        String line = Cli.run("sample", "--model", broken, "--out", out).fails(ExitCode.FAILED);
        assertTrue(line.contains("conv_in.weight"), line);
        assertFalse(Files.exists(out));
    }

    @Test
    void anUnknownKeyInAModelsConfigurationIsRefused() throws Exception {
        Path broken = Files.createDirectory(folder.resolve("model"));
        String config = Files.readString(model.resolve("config.json"));
        Files.writeString(broken.resolve("config.json"), config.replace("norm_eps", "norm_epsilon"));
        Files.copy(
                model.resolve("diffusion_pytorch_model.safetensors"),
                broken.resolve("diffusion_pytorch_model.safetensors"));
        String line = Cli.run("sample", "--model", broken, "--out", out).fails(ExitCode.USAGE);
        assertTrue(line.contains("norm_epsilon"), line);
    }

    @Test
    void aSafetensorsFileWithALyingHeaderIsRefused() throws Exception {
        Path huge = header(100_000_001L, "{}", 0);
        Path json = header(7, "{\"noise", 0);
        String past = "{\"noise\":{\"dtype\":\"F32\",\"shape\":[1,1,8,8],\"data_offsets\":[0,256]}}";
        Path offsets = header(past.length(), past, 100);
        String sizes = "{\"noise\":{\"dtype\":\"F32\",\"shape\":[9,1,8,8],\"data_offsets\":[0,256]}}";
        Path size = header(sizes.length(), sizes, 256);
        String overlaps = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                + "\"noise\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}";
        Path overlap = header(overlaps.length(), overlaps, 12);
        for (Path file : new Path[] {huge, json, offsets, size, overlap}) {
            String line = Cli.run("sample", "--run", run, "--noise", file, "--out", out)
                    .fails(ExitCode.FAILED);
            assertTrue(line.startsWith("gradus sample: ") && line.contains(file.toString()), line);
            assertFalse(line.contains("internal error"), line);
            assertFalse(Files.exists(out));
        }
    }

    private Path header(long length, String json, int data) throws Exception {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + data).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(length).put(text);
        return Files.write(Files.createTempFile(folder, "lie", ".safetensors"), bytes.array());
    }

    @Test
    void parityWritesOutputLossAndEveryGradient() throws Exception {
        Path result = folder.resolve("result.safetensors");
        Path weights = model.resolve("diffusion_pytorch_model.safetensors");
        try (var _ = TensorScope.open()) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            inputs.put("sample", Torch.randn(Generator.cpu(1), 2, 1, 8, 8));
            inputs.put("timestep", Torch.tensor(3L, 11L));
            inputs.put("target", Torch.zeros(2, 1, 8, 8));
            Path file = tensors("inputs", inputs);
            Cli.run("parity", "--model", model, "--inputs", file, "--out", result, "--gradients")
                    .succeeds();
            Map<String, Tensor> outputs = SafeTensors.load(result);
            assertArrayEquals(new long[] {2, 1, 8, 8}, outputs.get("output").shape());
            double loss = outputs.get("output").square().mean().item();
            assertEquals(loss, outputs.get("loss").item(), 1e-6 * loss);
            double squares = 0;
            for (Map.Entry<String, Tensor> weight : SafeTensors.load(weights).entrySet()) {
                Tensor gradient = outputs.get("grad." + weight.getKey());
                assertArrayEquals(weight.getValue().shape(), gradient.shape(), weight.getKey());
                squares += gradient.square().sum().item();
            }
            assertEquals(Math.sqrt(squares), outputs.get("grad_norm").item(), 1e-5 * Math.sqrt(squares));

            Cli.run("parity", "--model", model, "--inputs", file, "--out", result)
                    .succeeds();
            assertEquals(Set.of("output"), SafeTensors.load(result).keySet());
        }
    }

    @Test
    void parityRefusesInputsThatDoNotFit() throws Exception {
        Path result = Files.writeString(folder.resolve("result"), "precious");
        try (var _ = TensorScope.open()) {
            Path file = tensors("inputs", Map.of("sample", Torch.zeros(2, 1, 8, 8)));
            assertEquals(
                    "gradus parity: --inputs: " + file + ": the inputs lack 'timestep'",
                    Cli.run("parity", "--model", model, "--inputs", file, "--out", result)
                            .fails(ExitCode.FAILED));
        }
        assertEquals("precious", Files.readString(result));
    }
}
