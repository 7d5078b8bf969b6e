package dev.gradus.diffusion.model;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.Parameter;

/** Timesteps as vectors: sines and cosines, then two linear layers with SiLU between them. */
final class TimestepEmbedding extends Module {
    private final boolean cosinesFirst;
    private final Parameter frequencies;
    private final Linear linear1;
    private final Linear linear2;

    TimestepEmbedding(UNet2DConfig config, int out, Generator generator) {
        int dim = config.blockOutChannels().getFirst();
        cosinesFirst = config.flipSinToCos();
        frequencies = registerConstant("frequencies", SinCos.frequencies(dim / 2, config.freqShift()));
        linear1 = registerModule("linear_1", new Linear(dim, out, generator));
        linear2 = registerModule("linear_2", new Linear(out, out, generator));
    }

    /** (B) to (B, out). */
    Tensor forward(Tensor timestep) {
        Tensor embedding = SinCos.of(timestep, frequencies.get(), cosinesFirst);
        return linear2.forward(F.silu(linear1.forward(embedding)));
    }
}
