package dev.gradus.diffusion.docs;

import dev.gradus.diffusion.objective.Denoiser;
import dev.gradus.diffusion.sampler.Sampler;
import dev.gradus.diffusion.sampler.SamplingListener;
import dev.gradus.diffusion.sampler.SamplingSteps;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;

/** The two-step method of Adams and Bashforth for dy/ds = (y - x0) / s with y = x / alpha, s = sigma / alpha. */
record AdamsBashforth(SamplingSteps steps) implements Sampler {
    @Override
    public Tensor sample(Denoiser denoiser, Tensor noise, Generator generator, SamplingListener listener) {
        try (var _ = Autograd.noGrad()) {
            NoiseLevel from = steps.levels().getFirst();
            Tensor y = noise.mul(steps.schedule().startScale(from) / from.alpha());
            Tensor before = null;
            double lastStep = 0;
            for (int i = 0; i < steps.count(); i++) {
                NoiseLevel to = steps.levels().get(i + 1);
                double step = to.ratio() - from.ratio();
                Tensor x0 = denoiser.x0(y.mul(from.alpha()), from);
                Tensor slope = y.sub(x0).div(from.ratio());
                double weight = before == null ? 0 : step / (2 * lastStep);
                Tensor mean =
                        before == null ? slope : slope.add(slope.sub(before).mul(weight));
                y = to.sigma() == 0 ? x0 : y.add(mean.mul(step));
                before = slope;
                lastStep = step;
                from = to;
            }
            return y;
        }
    }
}
