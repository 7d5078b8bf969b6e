package dev.gradus.torch.bench;

import dev.gradus.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Tells when a call has become slower: holds the ratios to the C++ loop against those that are kept in a file, one line a case and
 * kind of processor. A ratio to a loop in the same run says more than a time, which is another on each machine.
 */
final class Guard {
    private static final String HEAD = "case,processor,ratio";
    /** By what part of itself a ratio may grow, or of the loop's time where it is below 1. */
    private static final double ALLOWED = 0.10;
    /** Below this difference calls that take a nanosecond cannot be told apart. */
    private static final double RESOLUTION = 2;

    private final Path file;
    private final String processor;
    /** From "case,processor" to the ratio. */
    private final SortedMap<String, Double> kept = new TreeMap<>();

    private Guard(Path file, String processor) throws IOException {
        this.file = file;
        this.processor = processor;
        for (String line : Files.readAllLines(file).stream().skip(1).toList()) {
            int comma = line.lastIndexOf(',');
            kept.put(line.substring(0, comma), Double.parseDouble(line.substring(comma + 1)));
        }
    }

    /** The ratios in a file, for this kind of processor. */
    static Guard of(Path file) throws IOException {
        return new Guard(file, Torch.cpuCapability());
    }

    /** Prints a line a case; answers whether none has become slower. A case that has no ratio yet cannot have. */
    boolean print(Results results, List<Case> cases) {
        boolean good = true;
        for (Case row : cases) {
            Double before = kept.get(row.key() + "," + processor);
            double cpp = results.nanoseconds(Compare.CPP, row);
            double ours = results.nanoseconds(Compare.GRADUS, row);
            String verdict;
            if (before == null) {
                verdict = "nothing is kept for " + processor;
            } else {
                // Not measured is not good either.
                double most = before + ALLOWED * Math.max(1, before);
                boolean same = ours <= most * cpp || ours <= before * cpp + RESOLUTION;
                good &= same;
                verdict = String.format(Locale.ROOT, "%s, kept is %.3f", same ? "ok" : "SLOWER", before);
            }
            System.out.printf(Locale.ROOT, "%-32s %.3f of C++: %s%n", row.label, ours / cpp, verdict);
        }
        return good;
    }

    /** Puts what was measured into the file. */
    void keep(Results results, List<Case> cases) throws IOException {
        for (Case row : cases) {
            double ratio = results.nanoseconds(Compare.GRADUS, row) / results.nanoseconds(Compare.CPP, row);
            if (!Double.isNaN(ratio)) {
                kept.put(row.key() + "," + processor, ratio);
            }
        }
        List<String> lines = new ArrayList<>(List.of(HEAD));
        kept.forEach((key, ratio) -> lines.add(String.format(Locale.ROOT, "%s,%.3f", key, ratio)));
        Files.write(file, lines);
    }
}
