package dev.gradus.cli.output;

import dev.gradus.diffusion.train.StepReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Training as plain lines, for files and pipes: the first and the last logged step, and one about every ten seconds. */
final class LineProgress implements Progress {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final Consumer<String> lines;
    private final LongSupplier nanos;
    private Estimate estimate;
    private long lastLine;
    private String preparing = "";

    /**
     * @param lines takes one line at a time
     * @param nanos a clock, as {@link System#nanoTime}
     */
    LineProgress(Consumer<String> lines, LongSupplier nanos) {
        this.lines = lines;
        this.nanos = nanos;
    }

    @Override
    public void preparing(String what, long done, long total) {
        if (!what.equals(preparing)) {
            lines.accept(what);
            preparing = what;
        }
    }

    @Override
    public void started(long step, long steps, int stages, String device) {
        long now = nanos.getAsLong();
        estimate = new Estimate(step, steps, stages, now);
        lastLine = now - INTERVAL.toNanos();
    }

    @Override
    public void stepLogged(StepReport report) {
        long now = nanos.getAsLong();
        if (now - lastLine >= INTERVAL.toNanos() || report.step() == estimate.steps()) {
            lines.accept(Texts.line(report, estimate, now));
            lastLine = now;
        }
    }

    @Override
    public void samplesWritten(long step, Path picture) {
        lines.accept("samples of step " + step + ": " + picture);
    }

    @Override
    public void close() {}
}
