package dev.gradus.diffusion.chart;

import dev.gradus.diffusion.internal.PngFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Lines over one axis, some with a band around them, on a light background.
 *
 * <pre>{@code
 * new Chart("Loss", Axis.linear("training step"), Axis.logarithmic("mean squared error"))
 *         .line("vanilla", steps, means, lows, highs)
 *         .line("curriculum", steps, others)
 *         .writePng(Path.of("loss.png"));
 * }</pre>
 */
public final class Chart {
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 600;
    private static final float LINE_WIDTH = 2;

    private final String title;
    private final Axis horizontal;
    private final Axis vertical;
    private final List<Line> lines = new ArrayList<>();
    private boolean points;

    public Chart(String title, Axis horizontal, Axis vertical) {
        this.title = title;
        this.horizontal = horizontal;
        this.vertical = vertical;
    }

    /**
     * Adds a line. Values that are not finite, or not above 0 on a logarithmic axis, are left out.
     *
     * @param name for the legend; each line has another
     * @throws IllegalArgumentException if the lengths differ or the name is taken
     */
    public Chart line(String name, double[] x, double[] y) {
        return line(name, x, y, null, null);
    }

    /**
     * Adds a line with a band, such as an interval of confidence.
     *
     * @param low the lower edge of the band; null with {@code high}: no band
     * @param high the upper edge of the band
     * @throws IllegalArgumentException if the lengths differ or the name is taken
     */
    public Chart line(String name, double[] x, double[] y, double[] low, double[] high) {
        if (lines.stream().anyMatch(line -> line.name().equals(name))) {
            throw new IllegalArgumentException("the chart '" + title + "' has a line '" + name + "' already");
        }
        lines.add(new Line(name, x, y, low, high));
        return this;
    }

    /** Marks the points of the lines from now on; a line of one point is always marked. */
    public Chart markPoints() {
        points = true;
        return this;
    }

    /**
     * Writes the chart; the file has the whole picture or what it had before.
     *
     * @throws IOException if the file cannot be written, or this machine has no fonts to write text with
     */
    public void writePng(Path file) throws IOException {
        BufferedImage picture = draw();
        PngFile.write(file, picture);
    }

    /** The picture, 1000 x 600. */
    BufferedImage draw() throws IOException {
        if (System.getProperty("java.awt.headless") == null) {
            // Nothing is shown, so a display that is named but cannot be reached must not matter.
            System.setProperty("java.awt.headless", "true");
        }
        try {
            return BitmapEncoder.getBufferedImage(chart());
        } catch (LinkageError | InternalError e) {
            throw new IOException(
                    "cannot draw the chart '" + title + "': Java finds no fonts on this machine; install some, such as"
                            + " fontconfig and fonts-dejavu-core",
                    e);
        }
    }

    private XYChart chart() {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(horizontal.title())
                .yAxisTitle(vertical.title())
                .build();
        List<Line> shown = lines.stream()
                .map(line -> line.shown(horizontal, vertical))
                .filter(line -> line.x().length > 0)
                .toList();
        style(chart, shown);
        if (vertical.logarithmic() && isNarrow(shown)) {
            chart.getStyler().setYAxisLogarithmic(false);
            chart.getStyler()
                    .setyAxisTickLabelsFormattingFunction(
                            value -> String.format(Locale.ROOT, "%.2g", Math.pow(10, value)));
            shown = shown.stream().map(line -> line.map(Math::log10)).toList();
        }
        for (int i = 0; i < shown.size(); i++) {
            if (shown.get(i).hasBand()) {
                addBand(chart, shown.get(i), Palette.of(i, shown.size()));
            }
        }
        for (int i = 0; i < shown.size(); i++) {
            addLine(chart, shown.get(i), Palette.of(i, shown.size()));
        }
        return chart;
    }

    /** Whether powers of ten alone would leave most of the axis without numbers. */
    private static boolean isNarrow(List<Line> shown) {
        var range = shown.stream().flatMapToDouble(Line::values).summaryStatistics();
        return range.getCount() > 0 && range.getMax() < 100 * range.getMin();
    }

    private void style(XYChart chart, List<Line> shown) {
        var style = chart.getStyler();
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotBackgroundColor(Color.WHITE);
        style.setPlotGridLinesColor(new Color(0xDDDDDD));
        style.setPlotGridLinesStroke(new BasicStroke(1));
        style.setPlotBorderVisible(false);
        style.setChartTitleBoxVisible(false);
        style.setLegendBorderColor(Color.WHITE);
        style.setLegendPosition(LegendPosition.OutsideE);
        style.setLegendVisible(shown.size() > 1);
        style.setMarkerSize(5);
        if (shown.isEmpty()) {
            style.setXAxisMin(0.0).setXAxisMax(1.0).setYAxisMin(0.0).setYAxisMax(1.0);
            return;
        }
        style.setXAxisLogarithmic(horizontal.logarithmic());
        style.setYAxisLogarithmic(vertical.logarithmic());
        if (vertical.fromZero()) {
            style.setYAxisMin(0.0);
        }
        if (!horizontal.logarithmic()) {
            DoubleStream.Builder ends = DoubleStream.builder();
            shown.forEach(line -> DoubleStream.of(line.x()).forEach(ends));
            var range = ends.build().summaryStatistics();
            if (range.getMax() > range.getMin()) {
                style.setXAxisMin(range.getMin()).setXAxisMax(range.getMax());
            }
        }
    }

    private static void addBand(XYChart chart, Line line, Color color) {
        int count = line.x().length;
        double[] x = new double[2 * count];
        double[] y = new double[2 * count];
        for (int i = 0; i < count; i++) {
            x[i] = line.x()[i];
            y[i] = line.high()[i];
            x[2 * count - 1 - i] = line.x()[i];
            y[2 * count - 1 - i] = line.low()[i];
        }
        XYSeries band = chart.addSeries(line.name() + " (band)", x, y);
        band.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
        band.setFillColor(Palette.band(color));
        band.setLineColor(Palette.band(color));
        band.setLineWidth(0);
        band.setMarker(SeriesMarkers.NONE);
        band.setShowInLegend(false);
    }

    private void addLine(XYChart chart, Line line, Color color) {
        XYSeries series = chart.addSeries(line.name(), line.x(), line.y());
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
        series.setLineColor(color);
        series.setLineStyle(new BasicStroke(LINE_WIDTH));
        series.setMarker(points || line.x().length == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
        series.setMarkerColor(color);
    }
}
