package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Predictor;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;

/**
 * A network with the objective it was trained for.
 *
 * @param network borrowed
 * @param conditioning what is wanted, for each image of the batch
 * @param bf16 whether the network runs under bfloat16 autocast
 */
public record NetworkDenoiser(
        Predictor network, Objective objective, NoiseSchedule schedule, Conditioning conditioning, boolean bf16)
        implements Denoiser {

    @Override
    public Tensor x0(Tensor xt, NoiseLevel level) {
        Coefficients at = objective.at(level);
        Tensor input = at.in() == 1 ? xt : xt.mul(at.in());
        Tensor estimate = forward(input, networkTime(xt, level.t())).mul(at.out());
        return at.skip() == 0 ? estimate : estimate.add(xt.mul(at.skip()));
    }

    private Tensor networkTime(Tensor xt, double t) {
        double time = schedule.networkTime(t);
        // A sampler may stop between two timesteps.
        boolean whole = schedule.isDiscrete() && time == Math.rint(time);
        return Torch.full(
                TensorOptions.defaults()
                        .dtype(whole ? DType.INT64 : DType.FLOAT32)
                        .device(xt.device()),
                time,
                xt.size(0));
    }

    /** The network's output as float32. */
    private Tensor forward(Tensor xt, Tensor timestep) {
        if (!bf16) {
            return network.forward(xt, timestep, conditioning);
        }
        try (var _ = Autocast.open(xt.device().type(), DType.BFLOAT16)) {
            return network.forward(xt, timestep, conditioning).to(DType.FLOAT32);
        }
    }
}
