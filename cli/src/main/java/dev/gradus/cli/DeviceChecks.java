package dev.gradus.cli;

import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.model.Parity;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.model.UNet2DConfig;
import dev.gradus.torch.Cuda;
import dev.gradus.torch.CudaGraph;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Tries what training needs of a device, from a copy to a whole network, against the CPU. Each check stands on those before
 * it, so the first that fails tells which part of the installation is at fault.
 */
final class DeviceChecks {
    private static final int SEED = 1;

    /** Part by part: what is tried, and what to do when it fails. */
    private static final List<Check> CHECKS = List.of(
            new Check(
                    "memory",
                    DeviceChecks::memory,
                    "another program may hold the memory of the GPU (nvidia-smi shows which), or the driver is older"
                            + " than this libtorch's CUDA"),
            new Check(
                    "matrix product",
                    DeviceChecks::product,
                    "use a libtorch made for this GPU's compute capability; for a library that is missing reinstall"
                            + " libtorch with the nvidia packages that belong to it"),
            new Check(
                    "network",
                    DeviceChecks::network,
                    "cuDNN may be missing or of another version: reinstall libtorch with the nvidia packages that"
                            + " belong to it"));

    private static final Check GRAPH =
            new Check("graph", DeviceChecks::graph, "train without graphs, and update the driver");

    private DeviceChecks() {}

    /**
     * @param name what is tried
     * @param body tries it, and says what was seen
     * @param advice what to do when it fails
     */
    private record Check(String name, Function<Device, String> body, String advice) {}

    /** A device computed something else than the CPU. */
    private static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1;

        Difference(String message) {
            super(message);
        }
    }

    /** One finding for each part, up to the first that fails. The subject is the name of the device. */
    static List<Finding> of(Device device) {
        List<Check> checks = new ArrayList<>(CHECKS);
        if (device.isCuda()) {
            checks.add(GRAPH);
        }
        List<Finding> findings = new ArrayList<>();
        for (Check check : checks) {
            try (var _ = TensorScope.open()) {
                findings.add(Finding.ok(device.toString(), check.name + ": " + check.body.apply(device)));
            } catch (RuntimeException e) {
                String what = check.name + " failed: " + Failures.describe(e);
                findings.add(Finding.problem(device.toString(), what, check.advice));
                break;
            }
        }
        return findings;
    }

    private static String memory(Device device) {
        Tensor sent = random(1 << 16);
        Tensor host = device.isCuda() ? sent.pinMemory() : sent;
        if (!host.to(device, true).clone().to(Device.cpu()).equal(sent)) {
            throw new Difference("what came back from the device is not what was sent");
        }
        if (!device.isCuda()) {
            return "a copy there and back";
        }
        Cuda.Memory memory = Cuda.memory(device.index());
        return String.format(
                Locale.ROOT,
                "a copy there and back, %.1f of %.1f GiB free",
                memory.free() / (double) (1 << 30),
                memory.total() / (double) (1 << 30));
    }

    private static String product(Device device) {
        Tensor a = random(192, 256);
        Tensor b = random(256, 128);
        Tensor expected = a.matmul(b);
        double exact = difference(a.to(device).matmul(b.to(device)), expected);
        double half =
                difference(a.to(device).to(DType.BFLOAT16).matmul(b.to(device).to(DType.BFLOAT16)), expected);
        // TF32 has 10 bits of mantissa, bfloat16 has 7.
        require("in float32", exact, 4e-3);
        require("in bfloat16", half, 2e-2);
        return String.format(Locale.ROOT, "float32 within %.0e of the CPU, bfloat16 within %.0e", exact, half);
    }

    /** Convolutions, norms, attention and joins, forward and backward. */
    private static String network(Device device) {
        UNet2DConfig config = UNet2DConfig.defaults().with(draft -> {
            draft.sampleSize = 16;
            draft.inChannels = 3;
            draft.outChannels = 3;
            draft.blockOutChannels = List.of(32, 32);
            draft.downBlockTypes = List.of("DownBlock2D", "AttnDownBlock2D");
            draft.upBlockTypes = List.of("AttnUpBlock2D", "UpBlock2D");
            draft.layersPerBlock = 1;
        });
        Map<String, Tensor> inputs = Map.of(
                "sample", random(2, 3, 16, 16),
                "target", random(2, 3, 16, 16),
                "timestep", Torch.tensor(3L, 700L));
        Map<String, Tensor> there = new TreeMap<>();
        inputs.forEach((name, tensor) -> there.put(name, tensor.to(device)));
        try (Generator generator = Generator.cpu(SEED);
                Network model = new UNet2D(config, generator)) {
            Map<String, Tensor> expected = Parity.run(model, inputs, true);
            model.to(device);
            Map<String, Tensor> computed = Parity.run(model, there, true);
            require("in the output", difference(computed.get("output"), expected.get("output")), 1e-2);
            double loss = computed.get("loss").to(Device.cpu()).item();
            double norm = difference(computed.get("grad_norm"), expected.get("grad_norm"));
            require("in the norm of the gradients", norm, 2e-2);
            return String.format(
                    Locale.ROOT,
                    "loss %.5f, on the CPU %.5f; gradients within %.0e",
                    loss,
                    expected.get("loss").item(),
                    norm);
        }
    }

    private static String graph(Device device) {
        try (var _ = Cuda.device(device.index())) {
            Tensor input = random(64).to(device);
            Tensor output = Torch.zerosLike(input);
            try (CudaGraph graph = CudaGraph.capture(() -> output.copy_(input.mul(2)))) {
                Tensor later = random(64).add(1);
                input.copy_(later);
                graph.replay();
                if (!output.to(Device.cpu()).equal(later.mul(2))) {
                    throw new Difference("a graph did not compute what was recorded");
                }
            }
        }
        return "recorded and run again";
    }

    private static Tensor random(long... shape) {
        try (Generator generator = Generator.cpu(SEED)) {
            return Torch.randn(generator, shape);
        }
    }

    /** The largest difference, relative to the largest magnitude expected. */
    private static double difference(Tensor computed, Tensor expected) {
        Tensor there = computed.to(Device.cpu()).to(DType.FLOAT64);
        Tensor here = expected.to(DType.FLOAT64);
        return there.sub(here).abs().max().item() / here.abs().max().item();
    }

    private static void require(String where, double difference, double allowed) {
        // Also not a number.
        if (!(difference <= allowed)) {
            throw new Difference(String.format(
                    Locale.ROOT,
                    "the device differs from the CPU by %.1e %s; %.0e is allowed",
                    difference,
                    where,
                    allowed));
        }
    }
}
