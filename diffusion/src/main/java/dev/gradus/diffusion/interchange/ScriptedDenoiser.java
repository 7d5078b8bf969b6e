package dev.gradus.diffusion.interchange;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.ModelConfig;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.diffusion.schedule.Path;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.ScriptModule;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A network with its objective as a TorchScript module, which Python and C++ load without this library. Its methods take batches
 * of any size, on any device:
 *
 * <pre>
 * forward(sample, timestep, ...)   what the network predicts
 * denoise(sample, time, ...)       the image that it estimates; `time` is a whole timestep of a discrete schedule, sigma with
 *                                  `edm`, t from 0 to 1 with flows
 * about()                          its configuration, as JSON
 * </pre>
 *
 * The dots stand for class_labels (B), then text (B, L, D) and text_mask (B, L), where the network takes them.
 */
final class ScriptedDenoiser {
    /** Room for another order of sums: the same operators run in other pieces. */
    private static final double TOLERANCE = 1e-4;

    private static final int EXAMPLES = 2;
    private static final int TOKENS = 5;

    private final TrainConfig config;
    private final Network network;
    private final NoiseSchedule schedule;

    private ScriptedDenoiser(TrainConfig config, Network network) {
        this.config = config;
        this.network = network;
        this.schedule = NoiseSchedule.of(config.schedule());
    }

    /**
     * Records a network.
     *
     * @param config of which schedule, objective and {@code sigmaData} are used
     * @param network on the CPU and in evaluation mode; the module shares its memory
     * @return the caller's to close
     * @throws IllegalStateException if what was recorded is not what the network does
     */
    static ScriptModule of(TrainConfig config, Network network) {
        return new ScriptedDenoiser(config, network).record();
    }

    private ScriptModule record() {
        try (var _ = TensorScope.open();
                var _ = Autograd.noGrad()) {
            Map<String, Tensor> buffers = new LinkedHashMap<>(network.namedBuffers());
            buffers.putAll(network.namedConstants());
            if (schedule.isDiscrete()) {
                List<NoiseLevel> levels = IntStream.range(0, schedule.timesteps())
                        .mapToObj(schedule::at)
                        .toList();
                buffers.put(
                        "alphas",
                        table(levels.stream().mapToDouble(NoiseLevel::alpha).toArray()));
                buffers.put(
                        "sigmas",
                        table(levels.stream().mapToDouble(NoiseLevel::sigma).toArray()));
            }
            List<String> arguments = arguments();
            ScriptModule module = ScriptModule.trace(
                    arguments, this::forward, inputs(EXAMPLES, 1), network.namedParameters(), buffers);
            try {
                verify(module);
                return module.define(source(arguments));
            } catch (RuntimeException e) {
                module.close();
                throw e;
            }
        }
    }

    private static Tensor table(double[] values) {
        return Torch.tensor(values).to(DType.FLOAT32);
    }

    /** Those of {@code forward}. */
    private List<String> arguments() {
        List<String> names = new ArrayList<>(List.of("sample", "timestep"));
        if (network.config().numClassEmbeds() != null) {
            names.add("class_labels");
        }
        if (network.config().crossAttentionDim() != null) {
            names.addAll(List.of("text", "text_mask"));
        }
        return names;
    }

    private Tensor forward(List<Tensor> in) {
        ModelConfig model = network.config();
        Tensor labels = model.numClassEmbeds() == null ? null : in.get(2);
        Tensor text = model.crossAttentionDim() == null ? null : in.get(in.size() - 2);
        Tensor mask = text == null ? null : in.getLast();
        return network.forward(in.get(0), in.get(1), new Conditioning(labels, text, mask));
    }

    /** Some inputs of {@code forward}. */
    private List<Tensor> inputs(int count, long seed) {
        ModelConfig model = network.config();
        List<Tensor> inputs = new ArrayList<>();
        try (Generator generator = Generator.cpu(seed)) {
            inputs.add(Torch.randn(generator, count, model.inChannels(), model.sampleSize(), model.sampleSize()));
            Tensor times = Torch.rand(generator, count);
            inputs.add(schedule.isDiscrete() ? times.mul(schedule.timesteps()).to(DType.INT64) : times.mul(100));
            if (model.numClassEmbeds() != null) {
                inputs.add(
                        Torch.rand(generator, count).mul(model.numClassEmbeds()).to(DType.INT64));
            }
            if (model.crossAttentionDim() != null) {
                long tokens = TOKENS + seed;
                inputs.add(Torch.randn(generator, count, tokens, model.crossAttentionDim()));
                // The first token always counts: there must be something to attend to.
                inputs.add(Torch.rand(generator, count, tokens)
                        .lt(0.5)
                        .logicalOr(Torch.arange(tokens).eq(0)));
            }
        }
        return inputs;
    }

    /** Compares it with the network on other inputs, and more of them. */
    private void verify(ScriptModule module) {
        List<Tensor> others = inputs(EXAMPLES + 1, 2);
        Tensor expected = forward(others);
        Tensor recorded = (Tensor) module.forward(others.toArray());
        double difference = expected.sub(recorded).abs().max().item();
        if (!(difference <= TOLERANCE * Math.max(1, expected.abs().max().item()))) {
            throw new IllegalStateException(
                    "what was recorded of the network is not what it does: results differ by " + difference);
        }
    }

    private String source(List<String> arguments) {
        String further = String.join(
                "",
                arguments.subList(2, arguments.size()).stream()
                        .map(name -> ", " + name)
                        .toList());
        return """
            def denoise(self, sample, time%s):
            %s
            %s
            %s
                return skip * sample + out * self.forward(sample * scale, network_time%s)

            def about(self) -> str:
                return %s
            """.formatted(
                        further,
                        level().indent(4),
                        derivatives().indent(4),
                        coefficients().indent(4),
                        further,
                        quoted(Export.description(config).toString()));
    }

    /** The noise level of a time: alpha and sigma, and how the network is told. */
    private String level() {
        return switch (config.schedule().kind()) {
            case LINEAR, SCALED_LINEAR, COSINE -> """
                network_time = time
                alpha = self.alphas[time].reshape([-1, 1, 1, 1])
                sigma = self.sigmas[time].reshape([-1, 1, 1, 1])\
                """;
            case EDM -> """
                network_time = torch.log(time) / 4
                sigma = time.reshape([-1, 1, 1, 1])
                alpha = torch.ones_like(sigma)\
                """;
            case FLOW_LINEAR -> """
                network_time = time * 1000
                sigma = time.reshape([-1, 1, 1, 1])
                alpha = 1 - sigma\
                """;
            case FLOW_COSINE -> """
                network_time = time * 1000
                angle = time.reshape([-1, 1, 1, 1]) * %s
                sigma = torch.sin(angle)
                alpha = torch.cos(angle)\
                """.formatted(Math.PI / 2);
        };
    }

    /** The scale of the input on the path, and the derivatives that {@code dev.gradus.diffusion.schedule.Path} has. */
    private String derivatives() {
        return switch (schedule.path()) {
            case STRAIGHT -> """
                scale = torch.ones_like(sigma)
                da = -torch.ones_like(sigma)
                ds = torch.ones_like(sigma)\
                """;
            case COSINE -> """
                scale = torch.ones_like(sigma)
                da = -%1$s * sigma
                ds = alpha * %1$s\
                """.formatted(Math.PI / 2);
            case CIRCLE -> """
                scale = torch.ones_like(sigma)
                da = -sigma
                ds = alpha\
                """;
            case ADDITIVE -> """
                scale = 1 / torch.sqrt(alpha * alpha + sigma * sigma)
                da = torch.zeros_like(sigma)
                ds = torch.ones_like(sigma)\
                """;
        };
    }

    /** Those of {@code dev.gradus.diffusion.objective.Objective}. */
    private String coefficients() {
        return switch (config.objective()) {
            case EPSILON -> """
                skip = 1 / alpha
                out = -sigma / alpha\
                """;
            case X0 -> """
                skip = torch.zeros_like(sigma)
                out = torch.ones_like(sigma)\
                """;
            case V ->
                """
                length = %s
                skip = alpha / (length * length)
                out = -sigma / length\
                """.formatted(
                                schedule.path() == Path.CIRCLE
                                        ? "torch.ones_like(sigma)"
                                        : "torch.sqrt(alpha * alpha + sigma * sigma)");
            case FLOW -> """
                determinant = da * sigma - ds * alpha
                skip = -ds / determinant
                out = sigma / determinant\
                """;
            case EDM -> """
                variance = sigma * sigma + alpha * alpha * %1$s
                scale = 1 / torch.sqrt(variance)
                skip = alpha * %1$s / variance
                out = sigma * %2$s / torch.sqrt(variance)\
                """.formatted(config.sigmaData() * config.sigmaData(), config.sigmaData());
        };
    }

    private static String quoted(String json) {
        return '"' + json.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
