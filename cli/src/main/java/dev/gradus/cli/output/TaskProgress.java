package dev.gradus.cli.output;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.logging.log4j.LogManager;

/** Shows how far a piece of work is that is no training: a bar on a terminal, a log line now and then elsewhere. */
public interface TaskProgress extends AutoCloseable {
    /**
     * Called as often as one likes.
     *
     * @param what a phrase for the user; another one begins another piece of work
     * @param done how much is done
     * @param total all of it, in the same unit; below 0: not known
     */
    void update(String what, long done, long total);

    /** Leaves the terminal as it was; harmless twice. */
    @Override
    void close();

    /** A bar on a terminal, log lines elsewhere. */
    static TaskProgress on(Terminal terminal) {
        return terminal.interactive() ? new Bar(terminal) : new Lines();
    }

    /** For a process of several that is not the one that tells. */
    static TaskProgress silent() {
        return new TaskProgress() {
            @Override
            public void update(String what, long done, long total) {}

            @Override
            public void close() {}
        };
    }

    /** The bar. */
    final class Bar implements TaskProgress {
        private final Terminal terminal;
        private ProgressBar bar;

        private Bar(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public void update(String what, long done, long total) {
            if (bar == null || !bar.getTaskName().equals(what)) {
                close();
                bar = new ProgressBarBuilder()
                        .setTaskName(what)
                        .setInitialMax(total)
                        .setStyle(terminal.unicode() ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
                        .setMaxRenderedLength(terminal.width())
                        .build();
            }
            bar.stepTo(done);
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }

    /** The lines: when a piece of work begins, and every ten seconds. */
    final class Lines implements TaskProgress {
        private static final Duration INTERVAL = Duration.ofSeconds(10);

        private String current = "";
        private long last;

        private Lines() {}

        @Override
        public void update(String what, long done, long total) {
            long now = System.nanoTime();
            if (what.equals(current) && now - last < INTERVAL.toNanos()) {
                return;
            }
            String part = total > 0 ? " " + 100 * done / total + " %" : "";
            LogManager.getLogger(TaskProgress.class).info("{}{}", what, part);
            current = what;
            last = now;
        }

        @Override
        public void close() {}
    }
}
