package dev.gradus.cli;

import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.Environment;
import dev.gradus.torch.distributed.ProcessGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** This process as a rank of several, where its environment says that it is one. */
final class RankProcess implements AutoCloseable {
    /** The variable with the number of the process of {@code gradus launch}, without which its ranks end too. */
    static final String LAUNCHER = "GRADUS_LAUNCHER";

    private final ProcessGroup group;
    private final Device device;
    private Path scratch; // null for rank 0

    private RankProcess(ProcessGroup group, Device device) {
        this.group = group;
        this.device = device;
    }

    /**
     * What the environment says of other processes; empty for none.
     *
     * @throws UsageException if a variable is missing or wrong
     */
    static Optional<Environment> environment() {
        try {
            return Environment.read();
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    /**
     * Joins the other ranks.
     *
     * @param device as it stands in the configuration
     */
    static RankProcess join(Environment environment, String device) {
        boolean cuda = device.equals("auto") ? Torch.cudaIsAvailable() : device.startsWith("cuda");
        Device of = !cuda
                ? Device.cpu()
                : device.contains(":") ? Device.parse(device) : Device.cuda(environment.localRank());
        return new RankProcess(ProcessGroup.join(environment, of), of);
    }

    ProcessGroup group() {
        return group;
    }

    /** Where this rank computes. */
    Device device() {
        return device;
    }

    /** The run folder of this rank: the run's for rank 0, one that goes with this object for others. */
    Path folder(Path run) throws IOException {
        if (group.isFirst()) {
            return run;
        }
        scratch = Files.createTempDirectory("gradus-rank-" + group.rank() + "-");
        return scratch;
    }

    /** Calls {@code stop} when the launcher that started this process is gone. */
    static void onLauncherGone(Runnable stop) {
        String launcher = System.getenv(LAUNCHER);
        if (launcher != null) {
            ProcessHandle.of(Long.parseLong(launcher))
                    .ifPresentOrElse(process -> process.onExit().thenRun(stop), stop);
        }
    }

    /** After all went well: waits for the others, and leaves them. */
    void leave() {
        group.barrier();
        group.close();
    }

    /** Deletes what only this process needed. */
    @Override
    public void close() throws IOException {
        if (scratch == null) {
            return;
        }
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(scratch)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }
}
