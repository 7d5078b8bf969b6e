package dev.gradus.cli.output;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBarConsumer;

/** The last line of a terminal, which is redrawn in place, and the lines that scroll by above it. */
final class BarLine implements ProgressBarConsumer {
    private static final String CLEAR = "\r\033[K";

    private final PrintStream out;
    private final int width;
    private final PrintStream above;
    private String shown = "";

    BarLine(PrintStream out, int width) {
        this.out = out;
        this.width = width;
        this.above = new PrintStream(new Lines(), true, out.charset());
    }

    /** A stream whose complete lines are printed above the bar. */
    PrintStream above() {
        return above;
    }

    @Override
    public int getMaxRenderedLength() {
        return width - 1;
    }

    @Override
    public synchronized void accept(String rendered) {
        shown = rendered.stripTrailing();
        out.print(CLEAR + shown);
        out.flush();
    }

    @Override
    public synchronized void clear() {
        out.print(CLEAR);
        out.flush();
    }

    /** Leaves the bar as it is, on a line of its own. */
    @Override
    public synchronized void close() {
        if (!shown.isEmpty()) {
            out.println();
            shown = "";
        }
    }

    private synchronized void printAbove(byte[] line) {
        out.print(shown.isEmpty() ? "" : CLEAR);
        out.write(line, 0, line.length);
        out.print(shown);
        out.flush();
    }

    private final class Lines extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            line.write(b);
            if (b == '\n') {
                printAbove(line.toByteArray());
                line.reset();
            }
        }
    }
}
