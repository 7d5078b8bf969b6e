package dev.gradus.diffusion.docs;

import dev.gradus.diffusion.config.CurriculumConfig;
import dev.gradus.diffusion.config.NoiseConfig;
import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.Loader;
import dev.gradus.diffusion.model.Conditioning;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LossWeight;
import dev.gradus.diffusion.objective.Objective;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.MemoryFormat;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.optim.AdamW;
import java.io.IOException;

/** A training loop of one's own, from easy noise levels to hard ones. Answers the mean loss of the last tenth. */
final class OwnTraining {
    static double run(SmallNetwork network, NoiseSchedule schedule, ImageDataset images, int steps) throws IOException {
        var loss = new DenoisingLoss(
                network,
                Objective.v(schedule.path()),
                schedule,
                LossWeight.uniform(),
                false,
                DType.FLOAT32,
                MemoryFormat.CONTIGUOUS);
        var curriculum = Curriculum.of(CurriculumConfig.defaults(), NoiseConfig.defaults(), schedule, 0);
        double sum = 0;
        try (var loader = new Loader(images, 16, Device.cpu(), 0, 0, 1);
                var random = Generator.cpu(0);
                var optimizer = new AdamW(network.namedParameters(), AdamW.Options.defaults())) {
            for (int step = 0; step < steps; step++) {
                try (var _ = TensorScope.open()) {
                    double[] times = curriculum.sample(16, random);
                    var mean = loss.of(loader.next().images(), Conditioning.none(), times, random)
                            .mean();
                    optimizer.zeroGrad();
                    mean.backward();
                    optimizer.step(2e-3);
                    curriculum.pace(mean.item());
                    sum += step >= steps - steps / 10 ? mean.item() : 0;
                }
            }
        }
        return sum / (steps / 10);
    }
}
