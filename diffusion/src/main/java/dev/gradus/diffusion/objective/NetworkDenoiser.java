package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.model.UNet2D;
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
 * @param labels (B) int64, the classes wanted; null for an unconditional network
 * @param bf16 whether the network runs under bfloat16 autocast
 */
public record NetworkDenoiser(UNet2D network, Objective objective, NoiseSchedule schedule, Tensor labels, boolean bf16)
        implements Denoiser {

    @Override
    public Tensor x0(Tensor xt, int timestep) {
        Tensor t = Torch.full(TensorOptions.defaults().dtype(DType.INT64).device(xt.device()), timestep, xt.size(0));
        return objective.x0(forward(xt, t), xt, schedule.alpha(timestep), schedule.sigma(timestep));
    }

    /** The network's output as float32. */
    private Tensor forward(Tensor xt, Tensor timestep) {
        if (!bf16) {
            return network.forward(xt, timestep, labels);
        }
        try (var _ = Autocast.open(xt.device().type(), DType.BFLOAT16)) {
            return network.forward(xt, timestep, labels).to(DType.FLOAT32);
        }
    }
}
