package dev.gradus.torch.bench;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** The fastest measurement of every peer and case. */
final class Results {
    private final SequencedMap<String, String> peers = new LinkedHashMap<>();
    private final Map<String, Map<Case, Peer.Measurement>> fastest = new LinkedHashMap<>();

    void addPeer(String peer, String about) {
        peers.put(peer, about);
        fastest.put(peer, new EnumMap<>(Case.class));
    }

    /** What there is to say about each peer, in the order of the columns. */
    SequencedMap<String, String> peers() {
        return peers;
    }

    void add(String peer, Case row, Peer.Measurement measurement) {
        fastest.get(peer)
                .merge(
                        row,
                        measurement,
                        (a, b) -> new Peer.Measurement(
                                Math.min(a.nanoseconds(), b.nanoseconds()), Math.min(a.garbage(), b.garbage())));
    }

    /** NaN where the peer has no such case, or is not there. */
    double nanoseconds(String peer, Case row) {
        Peer.Measurement measurement = fastest.getOrDefault(peer, Map.of()).get(row);
        return measurement == null ? Double.NaN : measurement.nanoseconds();
    }

    /** Bytes per call; NaN where nothing was measured. */
    double garbage(String peer, Case row) {
        Peer.Measurement measurement = fastest.getOrDefault(peer, Map.of()).get(row);
        return measurement == null ? Double.NaN : measurement.garbage();
    }

    /** One line a measurement. */
    String csv() {
        StringBuilder csv = new StringBuilder("case,peer,nanoseconds,garbage_bytes\n");
        fastest.forEach((peer, rows) -> rows.forEach((row, measurement) -> csv.append(String.format(
                Locale.ROOT, "%s,%s,%.2f,%.1f%n", row.key(), peer, measurement.nanoseconds(), measurement.garbage()))));
        return csv.toString();
    }
}
