package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig.Guidance;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.objective.NetworkDenoiser;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;
import java.util.List;
import java.util.function.Function;

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598, equation 6, with their 1 + w called the scale) in an interval of
 * noise levels (Kynkaanniemi et al., arXiv 2404.07724): x0 = unconditional + scale (conditional - unconditional) inside,
 * the conditional estimate outside, where it costs half.
 *
 * <p>Papers combine the outputs of the network. Combining estimates of x_0 is the same for every objective: x_0 = skip x_t
 * + out F with the same skip and out for both, and the two factors of the combination add up to 1, so it goes through.
 * (Bounds on x_0 do not; they come after.)
 *
 * @param conditional the denoiser of B images
 * @param guided that of B images with guidance
 * @param guidance scale and interval
 */
public record GuidedDenoiser(Denoiser conditional, Denoiser guided, Guidance guidance) implements Denoiser {
    /**
     * A network with guidance. Both halves are one batch.
     *
     * @param wanted what is wanted, for each image
     * @param unwanted what the unconditional half is told: no class, an empty or a negative text; null where there is no such
     *     thing, and then the scale must be 1
     * @param bf16 whether the network runs under bfloat16 autocast
     */
    public static Denoiser of(
            Network network,
            Objective objective,
            NoiseSchedule schedule,
            Conditioning wanted,
            Conditioning unwanted,
            Guidance guidance,
            boolean bf16) {
        return of(network, objective, schedule, wanted, unwanted, guidance, bf16, null);
    }

    /**
     * The same, with calls of the network that are captured.
     *
     * @param bf16 whether the network runs under bfloat16 autocast
     * @param captured makes the denoiser of what the network puts out, such as a {@link CapturedDenoiser}, which is the caller's to
     *     close; null to call the network as it is
     */
    public static Denoiser of(
            Network network,
            Objective objective,
            NoiseSchedule schedule,
            Conditioning wanted,
            Conditioning unwanted,
            Guidance guidance,
            boolean bf16,
            Function<CapturedDenoiser.Output, Denoiser> captured) {
        Denoiser conditional = captured == null
                ? new NetworkDenoiser(network, objective, schedule, wanted, bf16)
                : captured.apply((input, time) -> output(network, input, time, wanted, bf16));
        if (guidance.scale() == 1) {
            return conditional;
        }
        if (unwanted == null) {
            throw new IllegalArgumentException(
                    "guidance needs a model that was trained with and without conditions; this one has nothing that"
                            + " stands for none");
        }
        Conditioning twice = cat(wanted, unwanted);
        if (captured != null) {
            return new GuidedDenoiser(
                    conditional,
                    captured.apply((input, time) -> combined(
                            output(
                                    network,
                                    Torch.cat(List.of(input, input), 0),
                                    Torch.cat(List.of(time, time), 0),
                                    twice,
                                    bf16),
                            guidance)),
                    guidance);
        }
        return guided(conditional, new NetworkDenoiser(network, objective, schedule, twice, bf16), guidance);
    }

    /**
     * Guidance with any denoisers.
     *
     * @param both that of 2 B images: the conditional half, then the unconditional one
     */
    static Denoiser guided(Denoiser conditional, Denoiser both, Guidance guidance) {
        return new GuidedDenoiser(
                conditional,
                (xt, level) -> combined(both.x0(Torch.cat(List.of(xt, xt), 0), level), guidance),
                guidance);
    }

    /** As float32. */
    private static Tensor output(Network network, Tensor input, Tensor time, Conditioning told, boolean bf16) {
        try (var _ = Autocast.open(input.device().type(), bf16 ? DType.BFLOAT16 : DType.FLOAT32)) {
            return network.forward(input, time, told).to(DType.FLOAT32);
        }
    }

    private static Tensor combined(Tensor both, Guidance guidance) {
        Tensor[] halves = both.chunk(2, 0);
        return halves[1].lerp(halves[0], guidance.scale());
    }

    @Override
    public Tensor x0(Tensor xt, NoiseLevel level) {
        double sigma = level.ratio();
        if (guidance.scale() == 1 || sigma <= guidance.sigmaMin() || sigma > guidance.sigmaMax()) {
            return conditional.x0(xt, level);
        }
        return guided.x0(xt, level);
    }

    private static Conditioning cat(Conditioning a, Conditioning b) {
        Tensor labels = a.labels() == null ? null : Torch.cat(List.of(a.labels(), b.labels()), 0);
        if (a.text() == null) {
            return new Conditioning(labels, null, null);
        }
        long length = Math.max(a.text().size(1), b.text().size(1));
        Tensor text = Torch.cat(List.of(padded(a.text(), length), padded(b.text(), length)), 0);
        Tensor mask = Torch.cat(List.of(padded(mask(a), length), padded(mask(b), length)), 0);
        return new Conditioning(labels, text, mask);
    }

    private static Tensor mask(Conditioning of) {
        return of.textMask() != null
                ? of.textMask()
                : ones(of.text().device(), of.text().size(0), of.text().size(1));
    }

    private static Tensor ones(Device device, long... shape) {
        return Torch.ones(TensorOptions.of(device).dtype(DType.BOOL), shape);
    }

    /** Zeros, or false, after the tokens: dimension 1. */
    private static Tensor padded(Tensor tokens, long length) {
        long[] shape = tokens.shape();
        if (shape[1] == length) {
            return tokens;
        }
        shape[1] = length - shape[1];
        Tensor zeros = Torch.zeros(TensorOptions.of(tokens.device()).dtype(tokens.dtype()), shape);
        return Torch.cat(List.of(tokens, zeros), 1);
    }
}
