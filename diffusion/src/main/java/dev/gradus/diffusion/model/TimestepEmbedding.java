package dev.gradus.diffusion.model;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.nn.Parameter;
import java.util.List;

/**
 * Timesteps as vectors: cosines and sines at geometrically spaced frequencies (Vaswani et al., "Attention Is All You Need",
 * 2017, section 3.5), then two linear layers with SiLU between them.
 */
final class TimestepEmbedding extends Module {
    private final boolean cosinesFirst;
    private final Parameter frequencies;
    private final Linear linear1;
    private final Linear linear2;

    TimestepEmbedding(UNet2DConfig config, int out, Generator generator) {
        int dim = config.blockOutChannels().getFirst();
        cosinesFirst = config.flipSinToCos();
        frequencies = registerConstant("frequencies", frequencies(dim / 2, config.freqShift()));
        linear1 = registerModule("linear_1", new Linear(dim, out, generator));
        linear2 = registerModule("linear_2", new Linear(out, out, generator));
    }

    /** {@code 10000^(-i / (count - shift))} for i from 0. */
    private static Tensor frequencies(int count, int shift) {
        return Torch.arange(0, count, 1)
                .to(DType.FLOAT32)
                .mul(-Math.log(10000))
                .div(count - shift)
                .exp();
    }

    /** (B) to (B, out). */
    Tensor forward(Tensor timestep) {
        Tensor angle =
                timestep.to(DType.FLOAT32).unsqueeze(1).mul(frequencies.get().unsqueeze(0));
        Tensor embedding =
                Torch.cat(cosinesFirst ? List.of(angle.cos(), angle.sin()) : List.of(angle.sin(), angle.cos()), -1);
        return linear2.forward(F.silu(linear1.forward(embedding)));
    }
}
