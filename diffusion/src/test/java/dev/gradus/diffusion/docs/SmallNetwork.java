package dev.gradus.diffusion.docs;

import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.model.Predictor;
import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import java.util.List;

/** Three convolutions that are told the time. */
final class SmallNetwork extends Module implements Predictor {
    private final Conv2d in;
    private final Linear time;
    private final Conv2d middle;
    private final Conv2d out;

    SmallNetwork(int channels, int width, Generator generator) {
        ConvOptions same = ConvOptions.padding(1);
        in = registerModule("in", new Conv2d(channels, width, 3, same, generator));
        time = registerModule("time", new Linear(2, width, generator));
        middle = registerModule("middle", new Conv2d(width, width, 3, same, generator));
        out = registerModule("out", new Conv2d(width, channels, 3, same, generator));
    }

    @Override
    public Tensor forward(Tensor sample, Tensor timestep, Conditioning conditioning) {
        Tensor t = timestep.to(DType.FLOAT32).reshape(-1, 1).mul(Math.PI / 2000);
        Tensor told = time.forward(Torch.cat(List.of(t.sin(), t.cos()), 1))
                .unsqueeze(2)
                .unsqueeze(3);
        Tensor h = F.silu(in.forward(sample).add(told));
        return out.forward(F.silu(middle.forward(h).add(told)));
    }
}
