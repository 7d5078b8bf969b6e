package dev.gradus.torch;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Operators and ranges of a {@link Profile} by name, those that took the most time of their own first.
 *
 * @param rows one a name
 */
public record ProfileTable(List<Row> rows) {

    private static final int SHOWN = 30;

    /**
     * All calls of one name.
     *
     * @param name such as {@code aten::add}
     * @param count how many
     * @param selfCpu nanoseconds on the CPU, without what they called
     * @param totalCpu nanoseconds on the CPU
     * @param device nanoseconds on devices
     * @param flops an estimate, if it was asked for; else 0
     */
    public record Row(String name, long count, long selfCpu, long totalCpu, long device, long flops) {

        private Row plus(Row other) {
            return new Row(
                    name,
                    count + other.count,
                    selfCpu + other.selfCpu,
                    totalCpu + other.totalCpu,
                    device + other.device,
                    flops + other.flops);
        }
    }

    /** An event of the CPU, and how long those inside it took. */
    private static final class Open {
        final Profile.Event event;
        long inside;

        Open(Profile.Event event) {
            this.event = event;
        }
    }

    static ProfileTable of(Collection<Profile.Event> events) {
        Map<String, Row> rows = new HashMap<>();
        Map<Long, List<Profile.Event>> threads = events.stream()
                .filter(event -> event.kind() != Profile.Kind.OTHER && !event.onDevice())
                .collect(Collectors.groupingBy(Profile.Event::thread));
        threads.values().forEach(thread -> addThread(rows, thread));
        for (Profile.Event event : events) {
            if (event.onDevice() && event.kind() == Profile.Kind.OPERATOR) {
                add(rows, new Row(event.name(), 1, 0, 0, event.duration(), 0));
            }
        }
        return new ProfileTable(rows.values().stream()
                .sorted(Comparator.comparingLong(Row::selfCpu)
                        .thenComparingLong(Row::device)
                        .reversed()
                        .thenComparing(Row::name))
                .toList());
    }

    /** Events of one thread nest: one that starts before another's end lies inside it. */
    private static void addThread(Map<String, Row> rows, List<Profile.Event> events) {
        List<Profile.Event> inOrder = events.stream()
                .sorted(Comparator.comparingLong(Profile.Event::start)
                        .thenComparing(Comparator.comparingLong(Profile.Event::duration)
                                .reversed()))
                .toList();
        Deque<Open> open = new ArrayDeque<>();
        for (Profile.Event event : inOrder) {
            while (!open.isEmpty() && open.peek().event.end() <= event.start()) {
                close(rows, open.pop());
            }
            if (!open.isEmpty()) {
                open.peek().inside += event.duration();
            }
            open.push(new Open(event));
        }
        open.forEach(one -> close(rows, one));
    }

    private static void close(Map<String, Row> rows, Open open) {
        Profile.Event event = open.event;
        add(rows, new Row(event.name(), 1, event.duration() - open.inside, event.duration(), 0, event.flops()));
    }

    private static void add(Map<String, Row> rows, Row row) {
        rows.merge(row.name, row, Row::plus);
    }

    /** The row of a name. */
    public Optional<Row> row(String name) {
        return rows.stream().filter(row -> row.name.equals(name)).findFirst();
    }

    /** A table of the first rows, times in microseconds. */
    @Override
    public String toString() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-40s %8s %12s %12s %12s %12s%n",
                "name",
                "count",
                "self CPU us",
                "CPU us",
                "CPU us/call",
                "device us"));
        for (Row row : rows.subList(0, Math.min(SHOWN, rows.size()))) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-40s %8d %12.1f %12.1f %12.2f %12.1f%n",
                    row.name,
                    row.count,
                    row.selfCpu / 1e3,
                    row.totalCpu / 1e3,
                    row.totalCpu / 1e3 / row.count,
                    row.device / 1e3));
        }
        if (rows.size() > SHOWN) {
            table.append("and ").append(rows.size() - SHOWN).append(" more").append(System.lineSeparator());
        }
        return table.toString();
    }
}
