package dev.gradus.torch.bench;

import java.util.List;
import java.util.Locale;

/** The results as text: a row a case, a column a peer. */
record Table(Results results, List<Case> cases) {
    String text() {
        StringBuilder text = new StringBuilder();
        results.peers().forEach((peer, about) -> text.append(String.format("%-9s %s%n", peer, about)));
        text.append(
                "\nNanoseconds per call, one intra-op thread, results freed; the fastest iteration of all rounds.\n");
        text.append(String.format("%-28s", "case"));
        results.peers().keySet().forEach(peer -> text.append(String.format("%10s", peer)));
        text.append(String.format("%10s%8s%8s%12s%n", "- C++", "/ C++", "/ Py", "garbage B"));
        for (Case row : cases) {
            double gradus = results.nanoseconds(Compare.GRADUS, row);
            double cpp = results.nanoseconds(Compare.CPP, row);
            text.append(String.format("%-28s", row.label));
            results.peers().keySet().forEach(peer -> text.append(number("%10.", results.nanoseconds(peer, row))));
            text.append(number("%10.", gradus - cpp));
            text.append(ratio(gradus / cpp)).append(ratio(gradus / results.nanoseconds(Compare.PYTHON, row)));
            text.append(number("%12.", results.garbage(Compare.GRADUS, row))).append('\n');
        }
        return text.append("DJL keeps a tensor's shape in its object: dim() and shape() read a field there.\n\n")
                .toString();
    }

    private static String number(String width, double value) {
        return Double.isNaN(value)
                ? String.format(width + "1s", "-")
                : String.format(Locale.ROOT, width + (Math.abs(value) < 1000 ? "1f" : "0f"), value);
    }

    private static String ratio(double value) {
        return Double.isNaN(value) ? String.format("%8s", "-") : String.format(Locale.ROOT, "%8.2f", value);
    }
}
