package dev.gradus.cli;

import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.output.Terminal;
import dev.gradus.diffusion.data.FetchProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Work on data that tells how far it is and can be stopped by Ctrl-C. */
final class DataTask {
    private DataTask() {}

    /** The work. */
    @FunctionalInterface
    interface Work {
        int run(FetchProgress progress) throws IOException;
    }

    /** Runs it; answers what it answers, or after Ctrl-C says that it can be gone on with. */
    static int run(Main main, PrintWriter out, Work work) throws IOException {
        Logging.start(main.verbose());
        AtomicBoolean stopped = new AtomicBoolean();
        main.onInterrupt(() -> stopped.set(true));
        try (TaskProgress progress = TaskProgress.on(Terminal.ofStandardError())) {
            return work.run((what, done, total) -> {
                progress.update(what, done, total);
                if (stopped.get()) {
                    throw new CancellationException("stopped");
                }
            });
        } catch (CancellationException e) {
            out.println("Stopped. To go on: run the same command again.");
            return ExitCode.INTERRUPTED;
        }
    }
}
