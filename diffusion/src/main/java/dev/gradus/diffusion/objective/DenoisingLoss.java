package dev.gradus.diffusion.objective;

import dev.gradus.diffusion.data.Batch;
import dev.gradus.diffusion.model.UNet2D;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;

/**
 * The training loss: noise the images to their timesteps, run the network, and compare its output with the target of the
 * objective by the mean squared error.
 */
public final class DenoisingLoss implements AutoCloseable {
    private final UNet2D network;
    private final Objective objective;
    private final Tensor alphasCumprod;
    private final boolean conditional;
    private final boolean bf16;

    /**
     * @param network borrowed
     * @param device where the network is
     * @param bf16 whether the network runs under bfloat16 autocast; the loss is float32 in any case
     */
    public DenoisingLoss(UNet2D network, Objective objective, NoiseSchedule schedule, Device device, boolean bf16) {
        this.network = network;
        this.objective = objective;
        this.conditional = network.config().numClassEmbeds() != null;
        this.bf16 = bf16;
        try (TensorScope scope = TensorScope.open()) {
            float[] values = schedule.alphasCumprod();
            this.alphasCumprod =
                    scope.keep(Torch.fromArray(values, values.length).to(device));
        }
    }

    /**
     * The loss of a batch.
     *
     * @param timesteps (B) int64
     * @param noise draws the noise, by one call of {@code randn_like}
     * @return a float32 scalar with its graph; owned by the current scope
     */
    public Tensor of(Batch batch, Tensor timesteps, Generator noise) {
        Tensor x0 = batch.images();
        Tensor eps = Torch.randnLike(x0, noise);
        Tensor alphaSquared = alphasCumprod.indexSelect(0, timesteps).view(-1, 1, 1, 1);
        Tensor alpha = alphaSquared.sqrt();
        Tensor sigma = alphaSquared.neg().add(1.0).sqrt();
        Tensor xt = alpha.mul(x0).add(sigma.mul(eps));
        Tensor output = forward(xt, timesteps, conditional ? batch.labels() : null);
        return F.mseLoss(output.to(DType.FLOAT32), objective.target(x0, eps, alpha, sigma));
    }

    private Tensor forward(Tensor xt, Tensor timesteps, Tensor labels) {
        if (!bf16) {
            return network.forward(xt, timesteps, labels);
        }
        try (var _ = Autocast.open(xt.device().type(), DType.BFLOAT16)) {
            return network.forward(xt, timesteps, labels);
        }
    }

    @Override
    public void close() {
        alphasCumprod.close();
    }
}
