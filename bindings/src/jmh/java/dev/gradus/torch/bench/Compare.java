package dev.gradus.torch.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Measures the {@link Case cases} in this library, in C++, in other libraries for Java and in Python: in rounds, and within a
 * round case by case, so that all peers meet the same machine. Prints a table, writes it as CSV, and ends with status 3 when
 * a goal was missed.
 *
 * <p>Arguments: the number of rounds, the program of the C++ loops, the Python script, the CSV file; then, optionally, the
 * keys of the cases to measure, else all.
 *
 * <p>With the property {@code gradus.jmh.ratios}, the name of a file, only this library and C++ are measured, and held against the
 * ratios in it ({@link Guard}); the status is 4 when a case has become slower. With {@code gradus.jmh.keep} they are written there.
 */
public final class Compare {
    static final String CPP = "C++";
    static final String GRADUS = "Gradus";
    static final String PYTHON = "Python";

    private Compare() {}

    /** See the class. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = Integer.parseInt(args[0]);
        List<String> keys = List.of(args).subList(4, args.length);
        List<Case> cases = EnumSet.allOf(Case.class).stream()
                .filter(row -> keys.isEmpty() || keys.contains(row.key()))
                .toList();
        String python = Objects.requireNonNullElse(System.getenv("GRADUS_PYTHON"), "python3");
        Results results = new Results();
        String ratios = System.getProperty("gradus.jmh.ratios", "");
        List<Peer> wanted = new ArrayList<>(List.of(
                new ProcessPeer(CPP, List.of(args[1])),
                new JvmPeer(GRADUS, GradusCases.class, EnumSet.noneOf(Case.class))));
        if (ratios.isEmpty()) {
            wanted.add(new JvmPeer("bytedeco", BytedecoCases.class, EnumSet.noneOf(Case.class)));
            wanted.add(new JvmPeer("DJL", DjlCases.class, EnumSet.of(Case.BOXED)));
            wanted.add(new ProcessPeer(PYTHON, List.of(python, "-B", args[2])));
        }
        List<Peer> peers = available(results, wanted);
        Set<String> failures = new LinkedHashSet<>();
        for (int round = 1; round <= rounds; round++) {
            for (Case row : cases) {
                System.out.printf("round %d of %d: %s%n", round, rounds, row.label);
                for (Peer peer : peers) {
                    try {
                        peer.measure(row).ifPresent(measurement -> results.add(peer.name(), row, measurement));
                    } catch (IOException e) {
                        failures.add(peer.name() + ", " + row.label + ": " + e.getMessage());
                    }
                }
            }
        }
        System.out.println();
        System.out.print(new Table(results, cases).text());
        Files.writeString(Path.of(args[3]), results.csv());
        failures.forEach(failure -> System.out.println("failed: " + failure));
        if (ratios.isEmpty()) {
            System.exit(Goals.print(results, cases) ? 0 : 3);
        }
        Guard guard = Guard.of(Path.of(ratios));
        boolean good = guard.print(results, cases);
        if (Boolean.getBoolean("gradus.jmh.keep")) {
            guard.keep(results, cases);
        } else if (!good || !failures.isEmpty()) {
            System.exit(4);
        }
        System.exit(0);
    }

    private static List<Peer> available(Results results, List<Peer> peers) throws InterruptedException {
        Map<Peer, String> versions = new LinkedHashMap<>();
        for (Peer peer : peers) {
            try {
                versions.put(peer, peer.version());
                results.addPeer(peer.name(), "libtorch " + versions.get(peer));
            } catch (IOException e) {
                results.addPeer(peer.name(), "not available: " + e.getMessage());
            }
        }
        return List.copyOf(versions.keySet());
    }
}
