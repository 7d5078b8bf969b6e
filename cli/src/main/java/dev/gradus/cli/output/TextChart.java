package dev.gradus.cli.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A chart of characters: dots of braille, two by four in a cell, where Unicode can be shown, else a character a cell.
 *
 * @param terminal what is drawn on; each line fits its width
 * @param height rows of cells
 */
public record TextChart(Terminal terminal, int height) {
    private static final int LABEL = 9;
    private static final String BLUE = "\033[34m";
    private static final String PLAIN = "\033[0m";
    private static final int BRAILLE = 0x2800;
    /** The bits of the dots of a cell, by row and column. */
    private static final int[][] DOTS = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

    private int columns() {
        return Math.max(8, terminal.width() - LABEL - 2);
    }

    /**
     * A line over x.
     *
     * @param x ascending
     * @param y as many; what is not finite, or for a logarithmic axis not above 0, is left out
     * @param logarithmic the axis of y
     */
    public List<String> line(double[] x, double[] y, boolean logarithmic) {
        double[] shown = Arrays.stream(y)
                .map(value -> logarithmic ? Math.log10(value) : value)
                .map(value -> Double.isFinite(value) ? value : Double.NaN)
                .toArray();
        double least = Arrays.stream(shown).filter(Double::isFinite).min().orElse(Double.NaN);
        double most = Arrays.stream(shown).filter(Double::isFinite).max().orElse(Double.NaN);
        if (x.length == 0 || Double.isNaN(least)) {
            return List.of("(nothing yet)");
        }
        Canvas canvas = new Canvas(columns(), height, terminal.unicode());
        double span = most > least ? most - least : 1;
        int before = -1;
        for (int column = 0; column < canvas.width(); column++) {
            double mean = mean(x, shown, column, canvas.width());
            if (Double.isNaN(mean)) {
                continue;
            }
            int row = (int) Math.round((most - mean) / span * (canvas.height() - 1));
            // Joined to the dot before.
            int from = before < 0 ? row : before;
            for (int i = Math.min(from, row); i <= Math.max(from, row); i++) {
                canvas.dot(column, i);
            }
            before = row;
        }
        return labelled(
                canvas,
                logarithmic ? Math.pow(10, most) : most,
                logarithmic ? Math.pow(10, least) : least,
                x[0],
                x[x.length - 1]);
    }

    /**
     * A band over x.
     *
     * @param x where the band changes, ascending
     * @param low its lower edge from there on
     * @param high its upper edge
     * @param end of the axis of x
     */
    public List<String> band(double[] x, double[] low, double[] high, double end) {
        if (x.length == 0) {
            return List.of("(nothing yet)");
        }
        double most = Arrays.stream(high).max().orElse(1);
        double least = Arrays.stream(low).min().orElse(0);
        Canvas canvas = new Canvas(columns(), height, terminal.unicode());
        double span = most > least ? most - least : 1;
        int at = 0;
        for (int column = 0; column < canvas.width(); column++) {
            double place = x[0] + (end - x[0]) * column / Math.max(1, canvas.width() - 1);
            while (at + 1 < x.length && x[at + 1] <= place) {
                at++;
            }
            int first = (int) Math.round((most - high[at]) / span * (canvas.height() - 1));
            int last = (int) Math.round((most - low[at]) / span * (canvas.height() - 1));
            for (int row = first; row <= last; row++) {
                canvas.dot(column, row);
            }
        }
        return labelled(canvas, most, least, x[0], end);
    }

    /** Of the values whose x falls into a column; NaN for none. */
    private static double mean(double[] x, double[] y, int column, int columns) {
        double from = x[0];
        double width = Math.max(x[x.length - 1] - from, Double.MIN_NORMAL);
        double sum = 0;
        int count = 0;
        for (int i = 0; i < x.length; i++) {
            if (Math.min(columns - 1, (int) ((x[i] - from) / width * columns)) == column && !Double.isNaN(y[i])) {
                sum += y[i];
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }

    private List<String> labelled(Canvas canvas, double top, double bottom, double left, double right) {
        List<String> lines = new ArrayList<>();
        List<String> rows = canvas.rows();
        String bar = terminal.unicode() ? "│" : "|";
        for (int i = 0; i < rows.size(); i++) {
            String label = i == 0 ? number(top) : i == rows.size() - 1 ? number(bottom) : "";
            String cells = terminal.color() ? BLUE + rows.get(i) + PLAIN : rows.get(i);
            lines.add(String.format(Locale.ROOT, "%" + LABEL + "s %s%s", label, bar, cells));
        }
        String from = number(left);
        String to = number(right);
        int gap = Math.max(1, columns() - from.length() - to.length());
        lines.add(" ".repeat(LABEL + 2) + from + " ".repeat(gap) + to);
        return lines;
    }

    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e7) {
            return String.valueOf((long) value);
        }
        return String.format(Locale.ROOT, "%.4g", value);
    }

    /** What is drawn on. */
    private static final class Canvas {
        private final boolean braille;
        private final int[][] cells;

        Canvas(int columns, int rows, boolean braille) {
            this.braille = braille;
            cells = new int[rows][columns];
        }

        int width() {
            return cells[0].length * (braille ? 2 : 1);
        }

        int height() {
            return cells.length * (braille ? 4 : 1);
        }

        void dot(int x, int y) {
            if (braille) {
                cells[y / 4][x / 2] |= DOTS[y % 4][x % 2];
            } else {
                cells[y][x] = 1;
            }
        }

        List<String> rows() {
            List<String> rows = new ArrayList<>();
            for (int[] row : cells) {
                StringBuilder line = new StringBuilder();
                for (int cell : row) {
                    line.append((char) (braille ? BRAILLE + cell : cell == 0 ? ' ' : '*'));
                }
                rows.add(line.toString().stripTrailing());
            }
            return rows;
        }
    }
}
