package dev.gradus.cli.output;

import dev.gradus.diffusion.train.StepReport;
import java.time.Duration;
import java.util.Locale;

/** How numbers are shown to people. */
public final class Texts {
    private Texts() {}

    static String line(StepReport report, Estimate estimate, long nowNanos) {
        return String.format(
                Locale.ROOT,
                "step %d/%d  %s  %s left",
                report.step(),
                estimate.steps(),
                numbers(report, estimate.stages()),
                duration(estimate.left(report.step(), nowNanos)));
    }

    static String numbers(StepReport report, int stages) {
        String waiting = report.dataWait() < 0.01
                ? ""
                : String.format(Locale.ROOT, "  %.0f %% waiting for images", 100 * report.dataWait());
        return String.format(
                Locale.ROOT,
                "loss %.4f  stage %d/%d  %s images/s%s",
                report.loss(),
                report.stage(),
                stages,
                rate(report.imagesPerSecond()),
                waiting);
    }

    /** {@code 999}, {@code 0.4375}. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }

    private static String rate(double imagesPerSecond) {
        return String.format(Locale.ROOT, imagesPerSecond < 10 ? "%.1f" : "%.0f", imagesPerSecond);
    }

    /** {@code 9s}, {@code 2m05s}, {@code 3h07m}. */
    public static String duration(Duration duration) {
        long seconds = Math.max(0, (duration.toMillis() + 500) / 1000);
        if (seconds < 60) {
            return seconds + "s";
        } else if (seconds < 3600) {
            return String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%dh%02dm", seconds / 3600, seconds / 60 % 60);
    }

    /** {@code 512 bytes}, {@code 30.9 MB}, {@code 12.0 GB}. */
    public static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " bytes";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1000 && unit < 3) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %sB", value, "kMGT".charAt(unit));
    }
}
