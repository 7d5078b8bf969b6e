package dev.gradus.torch.distributed;

import dev.gradus.torch.TorchException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How ranks find each other: one store, in which the job has a name, each rank a place that only one process may take, and rank 0 the
 * last word on how many there are. Whoever does not fit is told so and turned away.
 */
final class Rendezvous {
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final String JOINING = "joining the other ranks";

    private final Environment environment;
    private final TCPStore store;
    private final TCPStore job;
    private final Peers peers;

    private Rendezvous(Environment environment, TCPStore store, Peers peers) {
        this.environment = environment;
        this.store = store;
        this.job = store.under(prefix(environment));
        this.peers = peers;
    }

    /**
     * What a rank has after all have come.
     *
     * @param store of the job; the caller's
     * @param job the same under the prefix of the job; the caller's
     */
    record Met(TCPStore store, TCPStore job, Peers peers) {}

    private static String prefix(Environment environment) {
        return "gradus/" + environment.attempt() + "/" + environment.job();
    }

    /** @throws DistributedException if the ranks do not fit together or do not come in time */
    static Met meet(Environment environment) {
        TCPStore store = open(environment);
        TCPStore second = connect(environment, store.port());
        Peers peers = new Peers(environment, second.under(prefix(environment)));
        Rendezvous rendezvous = new Rendezvous(environment, store, peers);
        try {
            rendezvous.run();
        } catch (TorchException e) {
            throw new DistributedException(
                    environment.rank(),
                    JOINING,
                    "the store at " + store + " does not answer any more (libtorch: " + Peers.reason(e) + ")",
                    e);
        }
        peers.start();
        return new Met(store, rendezvous.job, peers);
    }

    private static TCPStore open(Environment environment) {
        if (environment.rank() != 0 || !environment.servesStore()) {
            return connect(environment, environment.port());
        }
        try {
            return TCPStore.serve(environment.bind(), environment.port(), environment.rendezvousTimeout());
        } catch (TorchException e) {
            String reason = Peers.reason(e);
            throw new DistributedException(
                    0,
                    "serving the store at " + environment.bind() + " port " + environment.port(),
                    reason
                            + (reason.contains("in use")
                                    ? ": another job runs there; choose another MASTER_PORT"
                                    : ": MASTER_ADDR, or GRADUS_BIND, must be an address of this machine"),
                    e);
        }
    }

    private static TCPStore connect(Environment environment, int port) {
        boolean own = environment.rank() == 0 && environment.servesStore();
        String host = own
                ? environment
                        .bind()
                        .replaceFirst("^0\\.0\\.0\\.0$", "127.0.0.1")
                        .replaceFirst("^::$", "::1")
                : environment.host();
        try {
            return TCPStore.connect(host, port, environment.rendezvousTimeout());
        } catch (TorchException e) {
            throw new DistributedException(
                    environment.rank(),
                    "connecting to the store at " + host + " port " + port,
                    "nothing answered within " + environment.rendezvousTimeout().toSeconds()
                            + " s; is rank 0 running, and are MASTER_ADDR and MASTER_PORT the same for all ranks?",
                    e);
        }
    }

    private void run() {
        checkJob();
        takePlace();
        checkWorldSize();
        waitForAll();
    }

    private static String came(int rank) {
        return "came/" + rank;
    }

    /** Two jobs that were given one port meet here. */
    private void checkJob() {
        String key = "gradus/" + environment.attempt() + "/job";
        String name = environment.rank() == 0 ? store.claim(key, environment.job()) : waitFor(store, key, "rank 0");
        if (!name.equals(environment.job())) {
            throw refuse("the store at " + store + " is that of the job '" + name + "', and this rank is of '"
                    + environment.job() + "'; two jobs have one port: choose another MASTER_PORT");
        }
    }

    private void takePlace() {
        String self = Peers.self();
        String holder = job.claim(Peers.member(environment.rank()), self);
        if (!holder.equals(self)) {
            throw refuse("this rank is taken by " + holder + "; two jobs have one port, or a rank was started twice");
        }
    }

    private void checkWorldSize() {
        String mine = String.valueOf(environment.worldSize());
        String all = environment.rank() == 0 ? job.claim("world", mine) : waitFor(job, "world", "rank 0");
        if (!all.equals(mine)) {
            throw refuse("it was started as one of " + mine + " ranks, but rank 0 as one of " + all
                    + "; WORLD_SIZE must be the same everywhere");
        }
    }

    private void waitForAll() {
        job.set(came(environment.rank()), "1");
        if (environment.rank() != 0) {
            waitFor(job, "ready", "all ranks");
            return;
        }
        long deadline = deadline();
        List<Integer> missing = new ArrayList<>();
        for (int rank = 0; rank < environment.worldSize(); rank++) {
            missing.add(rank);
        }
        while (true) {
            failIfNoted();
            missing.removeIf(rank -> job.has(came(rank)));
            if (missing.isEmpty()) {
                break;
            }
            if (System.nanoTime() > deadline) {
                DistributedException e = refuse((missing.size() == 1 ? "rank " : "ranks ")
                        + missing.stream().map(String::valueOf).collect(Collectors.joining(", "))
                        + " did not come within "
                        + environment.rendezvousTimeout().toSeconds() + " s");
                throw e;
            }
            pause();
        }
        job.set("ready", "1");
    }

    private String waitFor(TCPStore where, String key, String who) {
        long deadline = deadline();
        while (!where.has(key)) {
            failIfNoted();
            if (System.nanoTime() > deadline) {
                throw refuse("waited " + environment.rendezvousTimeout().toSeconds() + " s for " + who
                        + " at the store " + store
                        + "; is rank 0 of this job running, and is MASTER_PORT the same for all ranks?");
            }
            pause();
        }
        return where.get(key, LOOK);
    }

    private long deadline() {
        return System.nanoTime() + environment.rendezvousTimeout().toNanos();
    }

    private void failIfNoted() {
        String note = peers.noted();
        if (note != null) {
            throw new DistributedException(environment.rank(), JOINING, "another rank failed before: " + note, null);
        }
    }

    /** Tells the others too, while they wait; a job that runs already is not disturbed. */
    private DistributedException refuse(String problem) {
        DistributedException e = new DistributedException(environment.rank(), JOINING, problem, null);
        if (!problem.startsWith("the store") && !job.has("ready")) {
            peers.note(e.getMessage());
        }
        return e;
    }

    private void pause() {
        try {
            Thread.sleep(LOOK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DistributedException(environment.rank(), JOINING, "interrupted", e);
        }
    }
}
