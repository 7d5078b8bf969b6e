package dev.gradus.torch.distributed;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The place of this process among those that work together, as its launcher told it in environment variables.
 *
 * <table>
 * <caption>Variables</caption>
 * <tr><th>Variable</th><th>Meaning</th></tr>
 * <tr><td>{@code RANK}, {@code WORLD_SIZE}</td><td>number of this process, from 0, and of all; Slurm's {@code SLURM_PROCID},
 *     {@code SLURM_NTASKS}</td></tr>
 * <tr><td>{@code LOCAL_RANK}</td><td>its number on its machine, which is that of its CUDA device; {@code SLURM_LOCALID}; else 0</td></tr>
 * <tr><td>{@code MASTER_ADDR}, {@code MASTER_PORT}</td><td>where rank 0 serves the store; with Slurm else the first node and a port
 *     that follows from the job's number</td></tr>
 * <tr><td>{@code TORCHELASTIC_USE_AGENT_STORE}, {@code TORCHELASTIC_RESTART_COUNT}, {@code TORCHELASTIC_RUN_ID}</td>
 *     <td>of torchrun: whether it serves the store itself, the attempt, the name of the job</td></tr>
 * <tr><td>{@code GRADUS_JOB}</td><td>name of the job; ranks of another name are turned away</td></tr>
 * <tr><td>{@code GRADUS_BIND}</td><td>address at which rank 0 listens, where that is not {@code MASTER_ADDR}</td></tr>
 * <tr><td>{@code GLOO_SOCKET_IFNAME}</td><td>network interface for the connections between ranks, as for PyTorch</td></tr>
 * <tr><td>{@code GRADUS_TIMEOUT}, {@code GRADUS_RENDEZVOUS_TIMEOUT}</td><td>seconds: of an operation, 600, and until all ranks have
 *     come, 300</td></tr>
 * </table>
 *
 * @param rank from 0
 * @param worldSize number of ranks
 * @param localRank number on this machine, from 0
 * @param host where the store is
 * @param port where the store is, from 1 to 65535; for rank 0 also 0, one that is free
 * @param bind address at which rank 0 listens
 * @param networkInterface for connections between ranks; null for the one that leads to {@code host}
 * @param servesStore whether rank 0 serves the store; else its launcher does
 * @param job name of the job, not empty
 * @param attempt which start of the job this is, from 0
 * @param timeout of an operation
 * @param rendezvousTimeout until all ranks have come
 */
public record Environment(
        int rank,
        int worldSize,
        int localRank,
        String host,
        int port,
        String bind,
        String networkInterface,
        boolean servesStore,
        String job,
        int attempt,
        Duration timeout,
        Duration rendezvousTimeout) {

    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final Duration RENDEZVOUS_TIMEOUT = Duration.ofMinutes(5);
    private static final int DEFAULT_PORT = 29500;

    /** The first of {@code node[03-07,9],other}: what is before the bracket, and the first number in it. */
    private static final Pattern FIRST_NODE = Pattern.compile("^([^\\[,]+)(?:\\[(\\d+))?");

    /** @throws IllegalArgumentException naming what is out of range */
    public Environment {
        if (worldSize < 1) {
            throw new IllegalArgumentException("WORLD_SIZE must be at least 1, is " + worldSize);
        }
        if (rank < 0 || rank >= worldSize) {
            throw new IllegalArgumentException(
                    "RANK must be from 0 to " + (worldSize - 1) + " where WORLD_SIZE is " + worldSize + ", is " + rank);
        }
        if (localRank < 0) {
            throw new IllegalArgumentException("LOCAL_RANK must be at least 0, is " + localRank);
        }
        if (port < (rank == 0 ? 0 : 1) || port > 65535) {
            throw new IllegalArgumentException("MASTER_PORT must be from 1 to 65535, is " + port);
        }
        if (!timeout.isPositive() || !rendezvousTimeout.isPositive()) {
            throw new IllegalArgumentException("a timeout must be above 0");
        }
    }

    /** As one rank of several on this machine would be told, with the usual timeouts. */
    public static Environment local(int rank, int worldSize, int port) {
        return new Environment(
                rank,
                worldSize,
                rank,
                "127.0.0.1",
                port,
                "127.0.0.1",
                null,
                true,
                "local",
                0,
                TIMEOUT,
                RENDEZVOUS_TIMEOUT);
    }

    /** The same with other timeouts. */
    public Environment withTimeouts(Duration operation, Duration rendezvous) {
        return new Environment(
                rank,
                worldSize,
                localRank,
                host,
                port,
                bind,
                networkInterface,
                servesStore,
                job,
                attempt,
                operation,
                rendezvous);
    }

    /** The same in a job of another name. */
    public Environment withJob(String name) {
        return new Environment(
                rank,
                worldSize,
                localRank,
                host,
                port,
                bind,
                networkInterface,
                servesStore,
                name,
                attempt,
                timeout,
                rendezvousTimeout);
    }

    /** From the environment of this process; see {@link #read(Map)}. */
    public static Optional<Environment> read() {
        return read(System.getenv());
    }

    /**
     * From environment variables; empty where they tell of no other processes: neither RANK nor WORLD_SIZE is set, and Slurm runs
     * one task.
     *
     * @throws IllegalArgumentException naming the variable that is missing or wrong
     */
    public static Optional<Environment> read(Map<String, String> variables) {
        Variables of = new Variables(variables);
        boolean torchrun = of.has("RANK") || of.has("WORLD_SIZE");
        if (!torchrun && (!of.has("SLURM_PROCID") || of.number("SLURM_NTASKS", 1) < 2)) {
            return Optional.empty();
        }
        int rank = torchrun ? of.number("RANK") : of.number("SLURM_PROCID");
        int worldSize = torchrun ? of.number("WORLD_SIZE") : of.number("SLURM_NTASKS");
        String host = of.has("MASTER_ADDR") ? of.text("MASTER_ADDR") : firstNode(of);
        boolean agent = of.text("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true");
        return Optional.of(new Environment(
                rank,
                worldSize,
                of.number("LOCAL_RANK", of.number("SLURM_LOCALID", 0)),
                host,
                of.number("MASTER_PORT", port(of)),
                of.text("GRADUS_BIND", host),
                of.text("GLOO_SOCKET_IFNAME", null),
                !agent,
                job(of),
                of.number("TORCHELASTIC_RESTART_COUNT", 0),
                of.seconds("GRADUS_TIMEOUT", TIMEOUT),
                of.seconds("GRADUS_RENDEZVOUS_TIMEOUT", RENDEZVOUS_TIMEOUT)));
    }

    private static String firstNode(Variables of) {
        String nodes = of.text("SLURM_STEP_NODELIST", of.text("SLURM_JOB_NODELIST", null));
        if (nodes == null) {
            throw new IllegalArgumentException("MASTER_ADDR is not set: it must be the address of rank 0");
        }
        Matcher first = FIRST_NODE.matcher(nodes);
        if (!first.find()) {
            throw new IllegalArgumentException("SLURM_STEP_NODELIST names no node: '" + nodes + "'; set MASTER_ADDR");
        }
        return first.group(1) + (first.group(2) == null ? "" : first.group(2));
    }

    /** Two jobs of Slurm on one node should not meet. */
    private static int port(Variables of) {
        return of.has("SLURM_JOB_ID") && !of.has("RANK")
                ? 10000 + Math.floorMod(of.number("SLURM_JOB_ID"), 20000)
                : DEFAULT_PORT;
    }

    private static String job(Variables of) {
        if (of.has("GRADUS_JOB")) {
            return of.text("GRADUS_JOB");
        }
        if (of.has("TORCHELASTIC_RUN_ID")) {
            return of.text("TORCHELASTIC_RUN_ID");
        }
        return of.has("SLURM_JOB_ID")
                ? "slurm-" + of.text("SLURM_JOB_ID") + "." + of.text("SLURM_STEP_ID", "0")
                : "unnamed";
    }

    /** Reads variables, with errors that name them. An empty one is one that is not set. */
    private record Variables(Map<String, String> all) {
        boolean has(String name) {
            return !text(name, "").isEmpty();
        }

        String text(String name) {
            String value = text(name, null);
            if (value == null) {
                throw new IllegalArgumentException(
                        name + " is not set; torchrun, srun and 'gradus launch' set it, or set RANK, WORLD_SIZE,"
                                + " MASTER_ADDR and MASTER_PORT yourself");
            }
            return value;
        }

        String text(String name, String standard) {
            String value = all.get(name);
            return value == null || value.isBlank() ? standard : value.strip();
        }

        int number(String name) {
            String value = text(name);
            try {
                return Integer.parseInt(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + " must be a whole number, is '" + value + "'");
            }
        }

        int number(String name, int standard) {
            return has(name) ? number(name) : standard;
        }

        Duration seconds(String name, Duration standard) {
            int seconds = number(name, Math.toIntExact(standard.toSeconds()));
            if (seconds < 1) {
                throw new IllegalArgumentException(name + " must be at least 1 second, is " + seconds);
            }
            return Duration.ofSeconds(seconds);
        }
    }
}
