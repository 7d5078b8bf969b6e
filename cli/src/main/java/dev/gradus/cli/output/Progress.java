package dev.gradus.cli.output;

import dev.gradus.diffusion.train.StageChange;
import dev.gradus.diffusion.train.TrainListener;
import java.nio.file.Path;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Shows how far training is. */
public interface Progress extends TrainListener, AutoCloseable {
    /** A bar on a terminal, log lines elsewhere. */
    static Progress on(Terminal terminal) {
        if (terminal.interactive()) {
            return new BarProgress(terminal);
        }
        Logger logger = LogManager.getLogger(Progress.class);
        return new LineProgress(logger::info, System::nanoTime);
    }

    @Override
    default void stageChanged(StageChange change) {
        if (change.stages() > 1) {
            LogManager.getLogger(Progress.class)
                    .info(
                            "stage {}/{} after step {}: t from {} to {}",
                            change.stage(),
                            change.stages(),
                            change.step(),
                            Texts.number(change.tMin()),
                            Texts.number(change.tMax()));
        }
    }

    @Override
    default void checkpointWritten(long step, Path folder) {
        LogManager.getLogger(Progress.class).debug("checkpoint of step {}: {}", step, folder);
    }

    /** Leaves the terminal as it was; harmless twice. */
    @Override
    void close();
}
