package dev.gradus.cli;

import dev.gradus.torch.TorchException;
import dev.gradus.torch.distributed.TCPStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Starts the ranks of a job on this machine. */
@Command(
        name = "launch",
        customSynopsis = {
            "gradus launch --nproc N COMMAND...",
            "gradus launch --nproc N --nnodes M --rendezvous HOST:PORT COMMAND... (on each of M machines)"
        },
        description = {
            "Run a command as several processes that work together, on this machine or several.",
            "",
            "Each gets the variables that torchrun sets. When one fails, the others are ended within seconds; the same"
                    + " command then goes on from the last checkpoint. See docs/distributed.md.",
            ""
        })
final class LaunchCommand implements Callable<Integer> {
    private static final Set<String> COMMANDS = Set.of("train", "sample", "evaluate");

    @Option(
            names = "--nproc",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processes on this machine; with GPUs, one for each (default: 1).")
    private int processes;

    @Option(names = "--nnodes", paramLabel = "M", defaultValue = "1", description = "Machines (default: 1).")
    private int nodes;

    @Option(
            names = "--rendezvous",
            paramLabel = "HOST:PORT",
            description =
                    "Where the ranks meet: an address of the first machine, the same for all, and a free port there."
                            + " Without it a free port of this machine alone.")
    private String rendezvous;

    @Option(
            names = "--node-rank",
            paramLabel = "K",
            description = "Which machine this is, from 0, the one of the rendezvous; by default they count themselves.")
    private Integer nodeRank;

    @Option(
            names = "--job",
            paramLabel = "NAME",
            description = "Name of the job; ranks of another one are turned away.")
    private String job;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long a rank waits for the others in one operation before it fails (default: 600).")
    private Integer timeout;

    @Option(
            names = "--rendezvous-timeout",
            paramLabel = "SECONDS",
            description = "How long a rank waits for the others to come (default: 300).")
    private Integer rendezvousTimeout;

    @Option(names = "--logs", paramLabel = "DIR", description = "A folder that gets what each rank prints, rank-N.log.")
    private Path logs;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "train, sample or evaluate, with its options.")
    private List<String> command;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    /** Where the ranks meet. */
    private record Place(String host, int port) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        Place place = place();
        String name = job != null ? job : rendezvous != null ? "gradus-" + rendezvous : "gradus-" + random();
        int node = node(place, name);
        if (logs != null) {
            Files.createDirectories(logs);
        }
        try (LocalRanks ranks =
                new LocalRanks(spec.commandLine().getOut(), spec.commandLine().getErr(), logs)) {
            main.onInterrupt(ranks::stop);
            for (int local = 0; local < processes; local++) {
                int rank = node * processes + local;
                ranks.start(rank, command, variables(place, name, rank, local, node));
            }
            return ranks.await();
        }
    }

    private void check() {
        if (processes < 1 || processes > 4096) {
            throw new UsageException("--nproc: must be from 1 to 4096, is " + processes);
        }
        if (nodes < 1) {
            throw new UsageException("--nnodes: must be at least 1, is " + nodes);
        }
        if (nodes > 1 && rendezvous == null) {
            throw new UsageException("--rendezvous: is needed where --nnodes is above 1");
        }
        if (nodeRank != null && (nodeRank < 0 || nodeRank >= nodes)) {
            throw new UsageException("--node-rank: must be from 0 to " + (nodes - 1) + ", is " + nodeRank);
        }
        for (Integer seconds : new Integer[] {timeout, rendezvousTimeout}) {
            if (seconds != null && seconds < 1) {
                throw new UsageException("--timeout and --rendezvous-timeout: must be at least 1, is " + seconds);
            }
        }
        if (!COMMANDS.contains(command.getFirst())) {
            throw new UsageException("only train, sample and evaluate run as several processes, not '"
                    + command.getFirst() + "'; options of launch stand before the command");
        }
    }

    private Place place() throws IOException {
        if (rendezvous == null) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return new Place("127.0.0.1", free.getLocalPort());
            }
        }
        int colon = rendezvous.lastIndexOf(':');
        try {
            int port = Integer.parseInt(rendezvous.substring(colon + 1));
            String host = rendezvous.substring(0, Math.max(0, colon)).replaceFirst("^\\[(.*)]$", "$1");
            if (!host.isEmpty() && port > 0 && port < 65536) {
                return new Place(host, port);
            }
        } catch (NumberFormatException e) {
            // As one that is out of range.
        }
        throw new UsageException("--rendezvous: must be HOST:PORT, is '" + rendezvous + "'");
    }

    private static String random() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** The machine that has the address of the rendezvous is the first; the others take numbers there. */
    private int node(Place place, String name) throws SocketException, UnknownHostException {
        if (nodeRank != null || nodes == 1) {
            return nodeRank == null ? 0 : nodeRank;
        }
        if (NetworkInterface.getByInetAddress(InetAddress.getByName(place.host)) != null) {
            return 0;
        }
        Duration patience = Duration.ofSeconds(rendezvousTimeout == null ? 300 : rendezvousTimeout);
        long number;
        try (TCPStore store = TCPStore.connect(place.host, place.port, patience)) {
            number = store.add("gradus/nodes/" + name, 1);
        } catch (TorchException e) {
            throw new UsageException("--rendezvous: " + "no rendezvous at " + rendezvous + " within "
                    + patience.toSeconds() + " s; is the command running on that machine?");
        }
        if (number >= nodes) {
            throw new UsageException("--nnodes: is " + nodes + ", and so many machines are there already");
        }
        return Math.toIntExact(number);
    }

    private Map<String, String> variables(Place place, String name, int rank, int local, int node) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("RANK", String.valueOf(rank));
        variables.put("WORLD_SIZE", String.valueOf(processes * nodes));
        variables.put("LOCAL_RANK", String.valueOf(local));
        variables.put("LOCAL_WORLD_SIZE", String.valueOf(processes));
        variables.put("GROUP_RANK", String.valueOf(node));
        variables.put("MASTER_ADDR", place.host);
        variables.put("MASTER_PORT", String.valueOf(place.port));
        variables.put("GRADUS_JOB", name);
        variables.put(
                RankProcess.LAUNCHER, String.valueOf(ProcessHandle.current().pid()));
        if (timeout != null) {
            variables.put("GRADUS_TIMEOUT", String.valueOf(timeout));
        }
        if (rendezvousTimeout != null) {
            variables.put("GRADUS_RENDEZVOUS_TIMEOUT", String.valueOf(rendezvousTimeout));
        }
        if (System.getenv("OMP_NUM_THREADS") == null) {
            // Ranks that each take all cores stand in each other's way.
            int cores = Runtime.getRuntime().availableProcessors();
            variables.put("OMP_NUM_THREADS", String.valueOf(Math.max(1, cores / processes)));
        }
        return variables;
    }
}
