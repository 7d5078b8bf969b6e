package dev.gradus.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.train.StepReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final List<String> lines = new ArrayList<>();
    private long clock = 17;

    private static StepReport report(long step) {
        return new StepReport(
                step, step * 64, 0.25, List.of(), 3, 850, 999, 1e-3, 812.4, 0.002, 0, null, 0, null, null);
    }

    @Test
    void aLineHasStepLossStageSpeedAndTimeLeft() {
        LineProgress progress = new LineProgress(lines::add, () -> clock);
        progress.started(0, 200, 20, "cpu");
        clock += 4 * SECOND;
        progress.stepLogged(report(50));
        assertEquals(List.of("step 50/200  loss 0.2500  stage 3/20  812 images/s  12s left"), lines);
    }

    @Test
    void linesComeAboutEveryTenSecondsAndAtTheEnd() {
        LineProgress progress = new LineProgress(lines::add, () -> clock);
        progress.started(0, 200, 20, "cpu");
        for (int step = 5; step <= 200; step += 5) {
            clock += SECOND;
            progress.stepLogged(report(step));
        }
        assertEquals(
                List.of("step 5/", "step 55/", "step 105/", "step 155/", "step 200/"),
                lines.stream().map(l -> l.substring(0, l.indexOf('/') + 1)).toList());
    }

    @Test
    void theTimeLeftCountsOnlyTheStepsOfThisProcess() {
        Estimate estimate = new Estimate(1000, 1300, 1, 0);
        assertEquals(Duration.ofSeconds(20), estimate.left(1100, 10 * SECOND));
    }

    @Test
    void durationsAndSizesAreShort() {
        assertEquals("9s", Texts.duration(Duration.ofMillis(9400)));
        assertEquals("2m05s", Texts.duration(Duration.ofSeconds(125)));
        assertEquals("3h07m", Texts.duration(Duration.ofMinutes(187)));
        assertEquals("512 bytes", Texts.bytes(512));
        assertEquals("30.9 MB", Texts.bytes(30_900_000));
    }

    @Test
    void whatIsPrintedMeanwhileGoesAboveTheBar() {
        ByteArrayOutputStream screen = new ByteArrayOutputStream();
        BarLine bar = new BarLine(new PrintStream(screen, true, StandardCharsets.UTF_8), 80);
        bar.accept("Training 10%  ");
        bar.above().print("saved");
        bar.above().println(" a checkpoint");
        bar.close();
        String clear = "\r\033[K";
        assertEquals(
                clear + "Training 10%" + clear + "saved a checkpoint\nTraining 10%\n",
                screen.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
    }

    @Test
    void coloursNeedATerminalAndNoObjection() {
        assertTrue(Terminal.of(true, Map.of(), 80).color());
        assertTrue(Terminal.of(true, Map.of("NO_COLOR", ""), 80).color());
        assertFalse(Terminal.of(true, Map.of("NO_COLOR", "1"), 80).color());
        assertFalse(Terminal.of(false, Map.of(), 80).color());
    }
}
