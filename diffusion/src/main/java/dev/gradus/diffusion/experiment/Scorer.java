package dev.gradus.diffusion.experiment;

import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Path;

/** Scores the images of a checkpoint. */
@FunctionalInterface
public interface Scorer {
    /**
     * The scores of a checkpoint.
     *
     * @param config of its run
     * @param weights its averaged weights
     */
    Evaluation score(TrainConfig config, Path weights) throws IOException;
}
