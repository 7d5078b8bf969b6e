package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Trains a model into a run folder. Running again into the folder of a run goes on from its newest checkpoint.
 *
 * <pre>{@code
 * Trainer trainer = new Trainer(config, Path.of("runs/first"), new TrainListener() {});
 * trainer.folder().writeConfig(yaml); // optional: otherwise run() writes the configuration itself
 * TrainResult result = trainer.run();
 * }</pre>
 */
public final class Trainer {
    private final TrainConfig config;
    private final RunFolder folder;
    private final TrainListener listener;
    private volatile boolean stopRequested;

    /**
     * Checks that the folder can be used, and changes nothing.
     *
     * @throws RunFolderException if {@code runFolder} holds something other than a run, or a run with another
     *     configuration. Only {@code steps}, {@code device}, {@code threads}, {@code logEvery}, {@code sampleEvery},
     *     {@code checkpointEvery}, {@code sampling}, {@code data.path} and {@code data.workers} may differ.
     */
    public Trainer(TrainConfig config, Path runFolder, TrainListener listener) throws IOException {
        this.config = config;
        this.folder = RunFolder.open(runFolder);
        this.listener = listener;
    }

    public RunFolder folder() {
        return folder;
    }

    /**
     * Trains to the last step, or until {@link #requestStop}. Blocks; call once.
     *
     * @throws TrainingException if the loss is not finite; the checkpoints written before are kept
     * @throws IOException if data cannot be read or the run folder cannot be written; complete checkpoints are kept
     */
    public TrainResult run() throws IOException {
        throw new UnsupportedOperationException("not written yet: " + config.steps() + listener + stopRequested);
    }

    /** Asks {@link #run} to finish its step, write a checkpoint and return. From any thread, any number of times. */
    public void requestStop() {
        stopRequested = true;
    }
}
