package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import dev.gradus.torch.optim.GradientClipping;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveHandlesTest {
    private static final UNet2DConfig CONFIG = UNet2DConfig.fashion().with(c -> {
        c.sampleSize = 8;
        c.blockOutChannels = List.of(8, 8);
        c.layersPerBlock = 1;
        c.numClassEmbeds = 3;
        c.downBlockTypes = List.of("AttnDownBlock2D", "DownBlock2D");
        c.upBlockTypes = List.of("UpBlock2D", "UpBlock2D");
    });

    @Test
    void twoHundredTrainingStepsLeaveAsManyHandlesAsTheyFound() {
        Torch.setNumThreads(1);
        long atFirst = LiveHandles.settled();
        try (Generator generator = Generator.cpu(0);
                UNet2D model = new UNet2D(CONFIG, generator);
                AdamW optimizer = new AdamW(model.namedParameters(), AdamW.Options.defaults());
                GradientClipping clipping = new GradientClipping(model.parameters(), 1.0);
                Ema ema = new Ema(model.namedParameters())) {
            long before = Torch.liveHandles();
            for (int step = 0; step < 200; step++) {
                try (var _ = TensorScope.open()) {
                    Tensor noise = Torch.randn(generator, 2, 1, 8, 8);
                    Tensor timestep = Torch.randint(0, 1000, generator, 2);
                    Tensor labels = Torch.randint(0, 3, generator, 2);
                    Tensor loss = F.mseLoss(model.forward(noise, timestep, labels), noise);
                    optimizer.zeroGrad();
                    loss.backward();
                    clipping.apply();
                    optimizer.step(1e-3);
                    ema.update(0.99);
                }
                assertEquals(before, Torch.liveHandles(), "live handles after step " + step);
            }
        }
        assertEquals(atFirst, Torch.liveHandles(), "live handles when all is closed");
    }
}
