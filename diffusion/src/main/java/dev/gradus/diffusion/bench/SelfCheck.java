package dev.gradus.diffusion.bench;

import dev.gradus.diffusion.config.CudaConfig;
import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.internal.CapturedBody;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.diffusion.train.ImageGenerator;
import dev.gradus.diffusion.train.StepReport;
import dev.gradus.diffusion.train.TrainListener;
import dev.gradus.diffusion.train.TrainResult;
import dev.gradus.diffusion.train.Trainer;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.CudaGraph;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Fused;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.NeuralOps;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Checks what runs on a device against what is known to be right: the kernels against float64, captured steps and drawings against
 * those that are not, a training that was stopped against one that was not. For machines on which the tests cannot run.
 */
public final class SelfCheck {
    /** What a check found. */
    public record Outcome(String what, boolean good, String detail) {}

    /** Steps of a training: several blocks of those whose losses are read at once, where there are blocks. */
    private static final int GPU_STEPS = 48;

    private static final int CPU_STEPS = 8;

    private static final int SIDE = 16;

    private final Device device;
    private final Path folder;
    private final Consumer<Outcome> outcomes;
    private final int steps;

    private SelfCheck(Device device, Path folder, Consumer<Outcome> outcomes) {
        this.device = device;
        this.folder = folder;
        this.outcomes = outcomes;
        steps = device.isCuda() ? GPU_STEPS : CPU_STEPS;
    }

    /** A check; throws what goes wrong. */
    private interface Check {
        String run() throws IOException;
    }

    /** Something that is not as it should be. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    /**
     * Runs all checks, about a minute.
     *
     * @param folder for files of the checks; emptied by the caller
     * @param outcomes told of each check as it ends
     */
    public static void run(Device device, Path folder, Consumer<Outcome> outcomes) {
        SelfCheck all = new SelfCheck(device, folder, outcomes);
        for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
            for (MemoryFormat format : List.of(MemoryFormat.CONTIGUOUS, MemoryFormat.CHANNELS_LAST)) {
                all.check(
                        String.format(Locale.ROOT, "group norm, %s, %s", dtype, format)
                                .toLowerCase(Locale.ROOT),
                        () -> all.groupNorm(dtype, format));
            }
        }
        all.check("average with its weight on the device", all::average);
        all.check("AdamW with its rate on the device", all::adamW);
        if (device.isCuda()) {
            all.check("random numbers of a graph", all::graph);
        }
        all.check("training, captured or not, stopped or not", all::training);
        all.check("drawing, captured or not", all::drawing);
    }

    private void check(String what, Check check) {
        try (var _ = TensorScope.open()) {
            outcomes.accept(new Outcome(what, true, check.run()));
        } catch (IOException | RuntimeException e) {
            outcomes.accept(new Outcome(
                    what,
                    false,
                    e instanceof Wrong
                            ? e.getMessage()
                            : e.getClass().getSimpleName() + ": "
                                    + String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")));
        }
    }

    private static void require(boolean good, String format, Object... values) {
        if (!good) {
            throw new Wrong(String.format(Locale.ROOT, format, values));
        }
    }

    /** The greatest difference by the greatest number; infinite where one is no number. */
    private static double apart(Tensor found, Tensor expected) {
        Tensor exact = expected.detach().to(DType.FLOAT64);
        double size = Math.max(0.1, exact.abs().max().item());
        double most = found.detach().to(DType.FLOAT64).sub(exact).abs().max().item();
        return Double.isFinite(most) ? most / size : Double.POSITIVE_INFINITY;
    }

    private record Norm(Tensor x, int groups, Tensor weight, Tensor bias, Tensor added, Tensor scaleShift) {
        List<Tensor> all() {
            return List.of(x, weight, bias, added, scaleShift);
        }

        Norm exact() {
            List<Tensor> leaves = all().stream()
                    .map(t -> t.detach().to(DType.FLOAT64).contiguous().requiresGrad_(true))
                    .toList();
            return new Norm(leaves.get(0), groups, leaves.get(1), leaves.get(2), leaves.get(3), leaves.get(4));
        }

        Tensor fused() {
            return NeuralOps.fusedGroupNorm(x, groups, weight, bias, 1e-5, added, scaleShift, true)
                    .output();
        }

        Tensor single() {
            Tensor y = NeuralOps.groupNorm(x.add(spread(added)), groups, weight, bias, 1e-5);
            Tensor[] parts = spread(scaleShift).chunk(2, 1);
            return F.silu(y.mul(parts[0].add(1)).add(parts[1]));
        }

        private static Tensor spread(Tensor each) {
            return each.unsqueeze(2).unsqueeze(3);
        }
    }

    private static void backward(Tensor y, Tensor slope) {
        y.to(DType.FLOAT64).mul(slope.to(DType.FLOAT64)).sum().backward();
    }

    private Tensor leaf(Generator generator, DType dtype, long... shape) {
        return Torch.randn(generator, shape).to(device).to(dtype).requiresGrad_(true);
    }

    private String groupNorm(DType dtype, MemoryFormat format) {
        require(Fused.hasGroupNorm(device.type()), "there is no kernel for it in this build; was nvcc found?");
        double allowed = dtype == DType.FLOAT32 ? 1e-4 : 2e-2;
        // Rows of whole vectors and not, many groups and one; on a GPU few images that are cut into pieces, and many.
        int[][] small = {{2, 64, 14, 14, 32}, {2, 30, 7, 5, 3}, {2, 96, 9, 9, 1}};
        int[][] large = {{1, 32, 160, 160, 8}, {64, 128, 8, 8, 32}, {4, 64, 28, 28, 32}};
        List<int[]> shapes = new ArrayList<>(List.of(small));
        if (device.isCuda()) {
            shapes.addAll(List.of(large));
        }
        double worst = 0;
        try (Generator generator = Generator.cpu(1)) {
            for (int[] s : shapes) {
                try (var _ = TensorScope.open()) {
                    Tensor x = Torch.randn(generator, s[0], s[1], s[2], s[3])
                            .add(1)
                            .to(device)
                            .to(dtype)
                            .contiguous(format);
                    Norm given = new Norm(
                            x.detach().requiresGrad_(true),
                            s[4],
                            leaf(generator, DType.FLOAT32, s[1]),
                            leaf(generator, DType.FLOAT32, s[1]),
                            leaf(generator, dtype, s[0], s[1]),
                            leaf(generator, dtype, s[0], 2L * s[1]));
                    Norm exact = given.exact();
                    Tensor y = given.fused();
                    Tensor expected = exact.single();
                    Tensor slope = Torch.randn(generator, s[0], s[1], s[2], s[3])
                            .to(device)
                            .to(dtype);
                    backward(y, slope);
                    backward(expected, slope);
                    worst = Math.max(worst, apart(y, expected));
                    for (int i = 0; i < given.all().size(); i++) {
                        worst = Math.max(
                                worst,
                                apart(
                                        given.all().get(i).grad(),
                                        exact.all().get(i).grad()));
                    }
                    require(worst <= allowed, "off by %.2g for %s", worst, List.of(s[0], s[1], s[2], s[3], s[4]));
                    Tensor before = given.x().grad().clone();
                    given.all().forEach(t -> t.grad().zero_());
                    Tensor again = given.fused();
                    backward(again, slope);
                    require(
                            again.detach().equal(y.detach()) && given.x().grad().equal(before),
                            "other bits the second time");
                }
            }
        }
        return String.format(Locale.ROOT, "within %.1e of float64, the same bits twice", worst);
    }

    private String average() {
        Map<String, Tensor> weights = new TreeMap<>();
        try (Generator generator = Generator.cpu(2)) {
            for (int i = 0; i < 150; i++) {
                weights.put("w" + i, Torch.randn(generator, 1 + 97L * i).to(device));
            }
        }
        try (Ema host = new Ema(weights);
                Ema here = new Ema(weights)) {
            weights.values().forEach(weight -> weight.mul_(-2));
            for (double weight : new double[] {0.001, 0.75}) {
                host.update(1 - weight);
                here.update(Torch.tensor(new double[] {weight}).to(device));
                for (String name : weights.keySet()) {
                    double off =
                            apart(here.parameters().get(name), host.parameters().get(name));
                    require(off < 1e-6, "%s is off by %.2g", name, off);
                }
            }
        }
        return "as with a weight of the host";
    }

    private String adamW() {
        try (Generator generator = Generator.cpu(3)) {
            Tensor start = Torch.randn(generator, 1000);
            Tensor[] moved = new Tensor[2];
            for (int way = 0; way < 2; way++) {
                Tensor weight = start.clone().to(device).requiresGrad_(true);
                try (AdamW optimizer = new AdamW(Map.of("w", weight), AdamW.Options.defaults())) {
                    for (int i = 0; i < 3; i++) {
                        optimizer.zeroGrad();
                        weight.square().sum().backward();
                        if (way == 0) {
                            optimizer.step(0.01);
                        } else {
                            Tensor skipped = Torch.zeros(TensorOptions.of(device));
                            optimizer.step(Torch.tensor(new double[] {0.01}).to(device), null, skipped);
                            optimizer.step(Torch.tensor(new double[] {9}).to(device), null, skipped.add(1));
                        }
                    }
                }
                moved[way] = weight.detach();
            }
            double off = apart(moved[1], moved[0]);
            require(off < 1e-6, "off by %.2g", off);
        }
        return "as with a rate of the host; a step to leave out is left out";
    }

    private String graph() {
        try (Generator generator = Generator.on(device, 4);
                CapturedBody.Stream _ = CapturedBody.stream(device)) {
            Tensor[] drawn = new Tensor[1];
            List<float[]> expected = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                expected.add(
                        Torch.randn(generator, TensorOptions.of(device), 1000).toFloatArray());
            }
            byte[] after = generator.state().toByteArray();
            generator.manualSeed(4);
            try (CudaGraph graph = CudaGraph.capture(
                    CudaGraph.Options.DEFAULT.generators(generator),
                    () -> drawn[0] = Torch.randn(generator, TensorOptions.of(device), 1000))) {
                for (float[] numbers : expected) {
                    graph.replay();
                    require(
                            Arrays.equals(numbers, drawn[0].toFloatArray()),
                            "a replay draws other numbers than the same call without a graph");
                }
            }
            require(
                    Arrays.equals(after, generator.state().toByteArray()),
                    "the generator is in another state afterwards");
        }
        return "those of the same calls without one, and the generator goes on as after them";
    }

    private TrainConfig config() throws IOException {
        Path data = folder.resolve("data");
        if (!Files.exists(data)) {
            Files.createDirectories(data);
            byte[] pixels = new byte[256 * SIDE * SIDE];
            new Random(1).nextBytes(pixels);
            Files.write(
                    data.resolve("train-images-idx3-ubyte"),
                    ByteBuffer.allocate(16 + pixels.length)
                            .putInt(0x803)
                            .putInt(256)
                            .putInt(SIDE)
                            .putInt(SIDE)
                            .put(pixels)
                            .array());
            ByteBuffer labels = ByteBuffer.allocate(8 + 256).putInt(0x801).putInt(256);
            for (int i = 0; i < 256; i++) {
                labels.put((byte) (i % 10));
            }
            Files.write(data.resolve("train-labels-idx1-ubyte"), labels.array());
        }
        return TrainConfig.defaults()
                .with("model", UNet2DConfig.fashion().with(c -> {
                    c.sampleSize = SIDE;
                    c.blockOutChannels = List.of(32, 64);
                    c.downBlockTypes = List.of("DownBlock2D", "AttnDownBlock2D");
                    c.upBlockTypes = List.of("AttnUpBlock2D", "UpBlock2D");
                    c.layersPerBlock = 1;
                    c.normNumGroups = 8;
                    c.numClassEmbeds = 11;
                    c.nullClassEmbed = true;
                }))
                .with("data", new DataConfig(DataConfig.Format.IDX, data.toString(), 1))
                .with("conditioning.dropout", 0.2)
                .with("curriculum.clusters", 4)
                .with("curriculum.pacing", CurriculumConfig.Pacing.FIXED)
                .with("curriculum.stepsPerStage", steps / 6)
                // As smooth as the gradient, so that a rounding cannot turn a step around.
                .with("optimizer.eps", 0.1)
                .with("optimizer.lr", 0.02)
                .with("precision", TrainConfig.Precision.FP32)
                .with("cuda.tf32", false)
                .with("batchSize", 8)
                .with("steps", steps)
                .with("logEvery", steps)
                .with("sampleEvery", 0)
                .with("checkpoint.every", steps / 2)
                .with("sampling.count", 4)
                .with("sampling.steps", 4)
                .with("sampling.guidance.scale", 2.0)
                .with("device", device.toString());
    }

    private TrainConfig captured(TrainConfig config, boolean captured) {
        return config.with("cuda.graph", captured && device.isCuda() ? CudaConfig.Graph.ON : CudaConfig.Graph.OFF);
    }

    private Path train(TrainConfig config, String name, boolean stopped) throws IOException {
        Path run = folder.resolve(name);
        Trainer trainer = new Trainer(config, run, new TrainListener() {});
        if (stopped) {
            Trainer[] first = new Trainer[1];
            first[0] = new Trainer(config, run, new TrainListener() {
                @Override
                public void stepLogged(StepReport report) {
                    if (report.step() == steps / 2) {
                        first[0].requestStop();
                    }
                }
            });
            first[0].run();
        }
        TrainResult result = trainer.run();
        return result.checkpoint().orElseThrow();
    }

    private static Tensor weights(Path checkpoint) throws IOException {
        Map<String, Tensor> named =
                new TreeMap<>(SafeTensors.load(checkpoint.resolve("model/diffusion_pytorch_model.safetensors")));
        return Torch.cat(named.values().stream().map(Tensor::flatten).toList(), 0);
    }

    /** Losses that are read after each step end a stage at the same step, whether a training is stopped or not. */
    private TrainConfig readEachStep() throws IOException {
        return captured(config(), true).with("logEvery", 1);
    }

    private String training() throws IOException {
        Tensor unstopped = weights(train(readEachStep(), "unstopped", false));
        double later = apart(weights(train(readEachStep(), "stopped", true)), unstopped);
        require(later < 1e-3, "a training that was stopped leads to weights that are off by %.2g", later);
        String stopped = String.format(Locale.ROOT, "after a stop weights are off by %.1e", later);
        if (!device.isCuda()) {
            return stopped;
        }
        Tensor whole = weights(train(captured(config(), true), "captured", false));
        double others = apart(weights(train(captured(config(), false), "single", false)), whole);
        require(others < 1e-3, "captured steps lead to weights that are off by %.2g from those of single ones", others);
        return String.format(Locale.ROOT, "%s, without a graph by %.1e", stopped, others);
    }

    private String drawing() throws IOException {
        TrainConfig config = config();
        Path weights = train(readEachStep(), "unstopped", false).resolve("ema");
        Tensor[] drawn = new Tensor[2];
        for (int way = 0; way < 2; way++) {
            try (ImageGenerator images = ImageGenerator.open(captured(config, way == 1), weights, device);
                    var _ = Autograd.noGrad()) {
                drawn[way] = images.draw(config.sampling(), 1, 0, 8);
            }
        }
        double off = apart(drawn[1], drawn[0]);
        require(off < 1e-3, "captured calls draw images that are off by %.2g", off);
        return String.format(Locale.ROOT, "images are off by %.1e", off);
    }
}
