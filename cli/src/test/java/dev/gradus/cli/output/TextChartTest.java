package dev.gradus.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextChartTest {
    private static final Terminal PLAIN = new Terminal(false, false, false, 21);
    private static final Terminal FULL = new Terminal(true, true, true, 21);

    @Test
    void aLineFallsFromTheLeftToTheRight() {
        assertEquals(
                List.of(
                        "        4 |***",
                        "          |  ****",
                        "          |     ****",
                        "        1 |        **",
                        "           0        3"),
                dense());
    }

    private static List<String> dense() {
        double[] x = new double[10];
        double[] y = new double[10];
        for (int i = 0; i < 10; i++) {
            x[i] = i / 3.0;
            y[i] = 4 - Math.min(3, i / 3.0);
        }
        return new TextChart(PLAIN, 4).line(x, y, false);
    }

    @Test
    void numbersThatAreNoneAreLeftOut() {
        double nan = Double.NaN;
        assertEquals(
                List.of("(nothing yet)"),
                new TextChart(PLAIN, 3).line(new double[] {1, 2}, new double[] {nan, Double.POSITIVE_INFINITY}, true));
        assertEquals(List.of("(nothing yet)"), new TextChart(PLAIN, 3).line(new double[0], new double[0], false));
        List<String> some = new TextChart(PLAIN, 3).line(new double[] {1, 2, 3}, new double[] {1, nan, 100}, true);
        assertTrue(some.getFirst().startsWith("      100 |"), some.toString());
        assertTrue(some.get(2).startsWith("        1 |*"), some.toString());
    }

    @Test
    void aBandIsFilledBetweenItsEdges() {
        assertEquals(
                List.of(
                        "       10 |**********",
                        "          |     *****",
                        "        0 |     *****",
                        "           0        9"),
                new TextChart(PLAIN, 3).band(new double[] {0, 5}, new double[] {10, 0}, new double[] {10, 10}, 9));
    }

    @Test
    void onATerminalThereAreDotsAndColours() {
        List<String> chart = new TextChart(FULL, 2).line(new double[] {0, 1}, new double[] {0, 1}, false);
        assertTrue(chart.getFirst().startsWith("        1 │\033[34m"), chart.toString());
        assertTrue(chart.getFirst().chars().anyMatch(c -> c > 0x2800 && c <= 0x28ff), chart.toString());
        List<String> plain = new TextChart(new Terminal(true, false, true, 21), 2)
                .line(new double[] {0, 1}, new double[] {0, 1}, false);
        assertTrue(plain.stream().noneMatch(line -> line.contains("\033")), plain.toString());
    }

    @Test
    void linesFitTheTerminal() {
        for (int width : new int[] {20, 40, 133}) {
            new TextChart(new Terminal(false, false, true, width), 5)
                    .line(new double[] {0, 12345}, new double[] {0.00012345, 1e9}, true)
                    .forEach(line -> assertTrue(line.length() <= width, width + ": " + line));
        }
    }
}
