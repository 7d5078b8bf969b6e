package dev.gradus.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.cli.output.Logging;
import dev.gradus.diffusion.chart.Axis;
import dev.gradus.diffusion.chart.Chart;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times a training step over sizes of the work. */
@Command(
        name = "sweep",
        description = {
            "Time a training step over sizes of the batch, of the images or of the network, and draw a chart.",
            "",
            "Each side shows its best: with --against-python, Python has the better of its two layouts at each size. A"
                    + " size at which a process fails, for want of memory say, ends the line of that side.",
            ""
        })
final class BenchSweepCommand implements Callable<Integer> {
    /** What can be varied. */
    enum Over {
        BATCH("images of a step", List.of(1, 2, 4, 8, 16, 32, 64, 128, 256)),
        RESOLUTION("pixels of a side", List.of(28, 64, 128, 256)),
        WIDTH("channels of the first block", List.of(16, 32, 64, 128, 256));

        private final String title;
        private final List<Integer> values;

        Over(String title, List<Integer> values) {
            this.title = title;
            this.values = values;
        }

        String option() {
            return "--" + name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    private BenchOptions options;

    @Option(
            names = "--over",
            paramLabel = "batch|resolution|width",
            required = true,
            description = "What is varied; the rest is as the other options say.")
    private String over;

    @Option(names = "--values", paramLabel = "N", split = ",", description = "The sizes, as in 1,8,64.")
    private List<Integer> values;

    @Option(names = "--out", paramLabel = "FILE.png", required = true, description = "The chart to write.")
    private Path out;

    @Spec
    private CommandSpec spec;

    /** A side of the comparison: its milliseconds per image, as far as they go. */
    private record Side(String name, Predicate<BenchVariant> variants, List<Double> times) {}

    @Override
    public Integer call() throws IOException {
        Over what = what();
        List<Integer> sizes = values == null ? what.values : values;
        BenchOptions.require(sizes.stream().allMatch(size -> size > 0), "--values: must be at least 1, are " + sizes);
        Arguments.requireWritable("--out", out);
        options.check();
        Logging.start(false);
        List<Side> sides = new ArrayList<>(List.of(new Side("Java", BenchVariant::java, new ArrayList<>())));
        if (options.againstPython()) {
            BenchProcesses.requirePython();
            sides.add(new Side("Python", variant -> !variant.java(), new ArrayList<>()));
        }
        for (int size : sizes) {
            for (Side side : sides) {
                // A line that has ended stays ended.
                if (side.times.size() == sizes.indexOf(size)) {
                    measure(side, what, size).ifPresent(side.times::add);
                }
            }
        }
        BenchOptions.require(!sides.getFirst().times.isEmpty(), "nothing could be measured: see above");
        print(what, sizes, sides, spec.commandLine().getOut());
        draw(what, sizes, sides);
        options.write(() -> json(what, sizes, sides));
        return ExitCode.DONE;
    }

    private Over what() {
        try {
            return Over.valueOf(over.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--over: must be batch, resolution or width, is " + over, e);
        }
    }

    private OptionalDouble measure(Side side, Over what, int size) throws IOException {
        List<BenchVariant> variants = new ArrayList<>(options.variants(true));
        variants.removeIf(variant -> variant.compiled() || !side.variants.test(variant));
        try {
            BenchComparison comparison =
                    options.compare(new BenchTrainCommand(), variants, Map.of(what.option(), size));
            int batch = what == Over.BATCH ? size : options.batch();
            return OptionalDouble.of(comparison.bestMilliseconds() / batch);
        } catch (IOException e) {
            LogManager.getLogger(BenchSweepCommand.class)
                    .warn("{} ends before {} {}: {}", side.name, size, what.title, Failures.describe(e));
            return OptionalDouble.empty();
        }
    }

    private void print(Over what, List<Integer> sizes, List<Side> sides, PrintWriter stdout) {
        stdout.printf("%-28s", what.title);
        sides.forEach(side -> stdout.printf("%12s", side.name));
        stdout.printf("   ms an image, training%n");
        for (int i = 0; i < sizes.size(); i++) {
            stdout.printf("%-28d", sizes.get(i));
            for (Side side : sides) {
                stdout.print(
                        i < side.times.size()
                                ? String.format(Locale.ROOT, "%12.3f", side.times.get(i))
                                : String.format("%12s", "-"));
            }
            boolean both = sides.size() > 1
                    && sides.stream().mapToInt(side -> side.times.size()).min().orElse(0) > i;
            stdout.println(
                    both
                            ? String.format(
                                    Locale.ROOT,
                                    "   Java takes %.2f of Python's time",
                                    sides.get(0).times.get(i)
                                            / sides.get(1).times.get(i))
                            : "");
        }
        stdout.flush();
    }

    private void draw(Over what, List<Integer> sizes, List<Side> sides) throws IOException {
        Chart chart =
                new Chart("Training, time per image", Axis.logarithmic(what.title), Axis.logarithmic("milliseconds"));
        for (Side side : sides) {
            int points = side.times.size();
            chart.line(
                    side.name,
                    sizes.stream()
                            .limit(points)
                            .mapToDouble(Integer::doubleValue)
                            .toArray(),
                    side.times.stream().mapToDouble(Double::doubleValue).toArray());
        }
        chart.markPoints().writePng(out);
    }

    private ObjectNode json(Over what, List<Integer> sizes, List<Side> sides) {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("over", what.name().toLowerCase(Locale.ROOT));
        sizes.forEach(json.putArray("values")::add);
        ObjectNode times = json.putObject("msPerImage");
        sides.forEach(side -> side.times.forEach(times.putArray(side.name)::add));
        return json;
    }
}
