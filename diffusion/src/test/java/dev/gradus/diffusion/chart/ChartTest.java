package dev.gradus.diffusion.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartTest {
    private static final double[] X = {1, 10, 100};

    private static Chart chart() {
        return new Chart("Title", Axis.logarithmic("x"), Axis.logarithmic("y"));
    }

    private static long pixels(BufferedImage picture, Color color) {
        long count = 0;
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                if (picture.getRGB(x, y) == color.getRGB()) {
                    count++;
                }
            }
        }
        return count;
    }

    @Test
    void drawsEachLineInItsColourOnWhite() throws IOException {
        BufferedImage picture =
                chart().line("a", X, X).line("b", X, new double[] {100, 10, 1}).draw();
        assertTrue(pixels(picture, Palette.of(0, 2)) > 500);
        assertTrue(pixels(picture, Palette.of(1, 2)) > 500);
        assertTrue(pixels(picture, Color.WHITE) > 400_000);
    }

    @Test
    void drawsABandAroundItsLine() throws IOException {
        BufferedImage bare = chart().line("a", X, X).draw();
        BufferedImage banded = chart().line("a", X, X, new double[] {0.5, 5, 50}, new double[] {2, 20, 200})
                .draw();
        assertTrue(pixels(bare, Color.WHITE) - pixels(banded, Color.WHITE) > 10_000);
    }

    /** Between 2 and 3 there is no power of ten; what is drawn stays the same in shape. */
    @Test
    void aNarrowLogarithmicAxisHasNumbersToo() throws IOException {
        Axis x = Axis.linear("x");
        double[] narrow = {2, 2.5, 3};
        double[] logarithms = {Math.log10(2), Math.log10(2.5), Math.log10(3)};
        BufferedImage picture =
                new Chart("t", x, Axis.logarithmic("y")).line("a", X, narrow).draw();
        BufferedImage line =
                new Chart("t", x, Axis.linear("y")).line("a", X, logarithms).draw();
        long all = pixels(line, Palette.of(0, 1));
        assertEquals(all, pixels(picture, Palette.of(0, 1)), 0.05 * all);
        // The numbers stand left of the line, in black.
        assertTrue(pixels(picture.getSubimage(30, 60, 60, 450), Color.BLACK) > 100);
    }

    @Test
    void leavesOutWhatHasNoPlace() throws IOException {
        double[] wrong = {0, Double.NaN, Double.POSITIVE_INFINITY};
        chart().line("a", X, wrong).line("b", wrong, X).draw();
        Line line = new Line("c", X, new double[] {0, 2, 3}, new double[] {0, -1, 1}, new double[] {1, 4, 5})
                .shown(Axis.linear(""), Axis.logarithmic(""));
        assertArrayEquals(new double[] {10, 100}, line.x());
        assertArrayEquals(new double[] {1, 1}, line.low());
        assertArrayEquals(new double[] {4, 5}, line.high());
    }

    @Test
    void drawsNothingAndOnePointAndManyLines() throws IOException {
        chart().draw();
        chart().line("point", new double[] {3}, new double[] {3}).draw();
        Chart many = new Chart("Many", Axis.linear("x"), Axis.linear("y"));
        for (int i = 0; i < 20; i++) {
            many.line("line " + i, X, new double[] {i, i, i + 1});
        }
        BufferedImage picture = many.draw();
        for (int i = 0; i < 20; i++) {
            assertTrue(pixels(picture, Palette.of(i, 20)) > 100, "line " + i);
        }
    }

    @Test
    void writesAPngThatIsTheDrawing(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("chart.png"), "old");
        chart().line("a", X, X).writePng(file);
        BufferedImage read = ImageIO.read(file.toFile());
        assertEquals(1000, read.getWidth());
        assertEquals(600, read.getHeight());
        assertTrue(pixels(read, Palette.of(0, 1)) > 500);
    }

    @Test
    void refusesLinesThatCannotBe() {
        assertThrows(IllegalArgumentException.class, () -> chart().line("a", X, new double[2]));
        assertThrows(IllegalArgumentException.class, () -> chart().line("a", X, X, X, new double[2]));
        assertThrows(
                IllegalArgumentException.class, () -> chart().line("a", X, X).line("a", X, X));
    }
}
