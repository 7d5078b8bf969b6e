package dev.gradus.cli.output;

import dev.gradus.diffusion.train.StepReport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;

/**
 * A bar drawn on the last line of the terminal. While it is there, whatever else is printed to standard error goes above it.
 */
final class BarProgress implements Progress {
    private static final int REDRAW_MILLIS = 250;

    private final Terminal terminal;
    private final PrintStream plain = System.err;
    private final BarLine line;
    private ProgressBar bar;
    private Estimate estimate;

    BarProgress(Terminal terminal) {
        this.terminal = terminal;
        this.line = new BarLine(plain, terminal.width());
        System.setErr(line.above());
    }

    @Override
    public void preparing(String what, long done, long total) {
        if (bar == null || !bar.getTaskName().equals(what)) {
            open(what, 0, total, state -> Optional.empty());
        }
        bar.stepTo(done);
        if (done == total) {
            closeBar();
        }
    }

    @Override
    public void started(long step, long steps, int stages, String device) {
        estimate = new Estimate(step, steps, stages, System.nanoTime());
        open("Training", step, steps, this::left);
    }

    @Override
    public void stepLogged(StepReport report) {
        bar.setExtraMessage(Texts.numbers(report, estimate.stages()));
        bar.stepTo(report.step());
    }

    @Override
    public void samplesWritten(long step, Path picture) {
        line.above().println("samples of step " + step + ": " + picture);
    }

    @Override
    public void close() {
        closeBar();
        if (System.err == line.above()) {
            System.setErr(plain);
        }
    }

    private void open(String task, long from, long max, Function<ProgressState, Optional<Duration>> left) {
        closeBar();
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(max)
                .startsFrom(from, Duration.ZERO)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .continuousUpdate()
                .setStyle(style())
                .setEtaFunction(left)
                .setConsumer(line)
                .build();
    }

    private void closeBar() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    private Optional<Duration> left(ProgressState state) {
        return state.getCurrent() > state.getStart()
                ? Optional.of(estimate.left(state.getCurrent(), System.nanoTime()))
                : Optional.empty();
    }

    private ProgressBarStyle style() {
        if (!terminal.unicode()) {
            return ProgressBarStyle.ASCII;
        }
        return terminal.color() ? ProgressBarStyle.COLORFUL_UNICODE_BLOCK : ProgressBarStyle.UNICODE_BLOCK;
    }
}
