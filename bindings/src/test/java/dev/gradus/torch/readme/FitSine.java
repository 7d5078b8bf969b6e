package dev.gradus.torch.readme;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.optim.AdamW;

/** Fits sin(x) with a small network. */
public final class FitSine {
    private FitSine() {}

    static final class Net extends Module {
        private final Linear hidden;
        private final Linear out;

        Net(Generator generator) {
            hidden = registerModule("hidden", new Linear(1, 64, generator));
            out = registerModule("out", new Linear(64, 1, generator));
        }

        Tensor forward(Tensor x) {
            return out.forward(F.silu(hidden.forward(x)));
        }
    }

    public static void main(String[] args) {
        try (var generator = Generator.cpu(42);
                var net = new Net(generator);
                var optimizer = new AdamW(net.namedParameters(), AdamW.Options.defaults())) {
            for (int step = 0; step <= 1000; step++) {
                try (var _ = TensorScope.open()) { // frees every tensor made inside
                    Tensor x = Torch.rand(generator, 256, 1).mul(6).sub(3);
                    Tensor loss = F.mseLoss(net.forward(x), x.sin());
                    optimizer.zeroGrad();
                    loss.backward();
                    optimizer.step(1e-2);
                    if (step % 250 == 0) {
                        System.out.printf("step %4d  loss %.5f%n", step, loss.item());
                    }
                }
            }
        }
    }
}
