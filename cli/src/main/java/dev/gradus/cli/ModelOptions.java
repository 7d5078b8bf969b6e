package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.Setting;
import dev.gradus.diffusion.train.RunFolder;
import dev.gradus.diffusion.train.RunFolderException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that name a trained model: that of a run, or a folder. */
final class ModelOptions {
    @Option(names = "--run", paramLabel = "DIR", description = "The folder of a training run.")
    private Path run;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "A folder with config.json and weights, or the folder of a pipeline of diffusers.")
    private Path model;

    /**
     * Checks that there is one of them.
     *
     * @throws UsageException if not, or if it is no folder
     */
    void check() {
        if ((run == null) == (model == null)) {
            throw new UsageException(run == null ? "give --run DIR or --model DIR" : "give --run or --model, not both");
        }
        Arguments.requireFolder("--run", run);
        Arguments.requireFolder("--model", model);
    }

    /** Whether it is a folder and no run. */
    boolean isFolder() {
        return model != null;
    }

    /** How it was trained. */
    List<Setting> settings() throws IOException {
        return run != null ? ConfigVersion.read(run.resolve("config.yaml")) : ModelFolder.settings(model);
    }

    /** The folder of the network: the averaged weights of the run's newest checkpoint. */
    Path weights() throws IOException {
        if (model != null) {
            return ModelFolder.network(model);
        }
        try {
            return RunFolder.existing(run)
                    .newestWholeCheckpoint()
                    .orElseThrow(() -> new UsageException("--run: " + run + " has no checkpoint yet"))
                    .resolve("ema");
        } catch (RunFolderException e) {
            throw new UsageException("--run: " + e.getMessage(), e);
        }
    }
}
