package dev.gradus.diffusion.sampler;

import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.ProcessGroup;
import dev.gradus.torch.distributed.Work;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Batches of images that ranks draw in turn, and that rank 0 gets in their order: the images are those of one process. A rank goes on to
 * its next batch while the one before is on its way, so a slow one keeps nobody waiting but rank 0.
 */
public final class SharedBatches implements AutoCloseable {
    /** Batches of a rank that may be on their way. */
    private static final int IN_FLIGHT = 4;

    private final ProcessGroup group; // null for one process
    private final Queue<Work> sent = new ArrayDeque<>();
    private long batch;

    private SharedBatches(ProcessGroup group) {
        this.group = group;
    }

    /** All batches are drawn by this process. */
    public static SharedBatches alone() {
        return new SharedBatches(null);
    }

    /**
     * The ranks of a group draw in turn.
     *
     * @param group borrowed; with Gloo, over which images go
     */
    public static SharedBatches among(ProcessGroup group) {
        return new SharedBatches(group);
    }

    /** Whether this process gets the images. */
    public boolean isFirst() {
        return group == null || group.isFirst();
    }

    /**
     * The next batch; to be called by all ranks.
     *
     * @param draw makes it, float32; called where it is this rank's turn. What it needs of random numbers must not depend on whether
     *     it was called before.
     * @param shape that it has
     * @return of the current scope, on the CPU where another rank drew it; null on other ranks than 0
     * @throws dev.gradus.torch.distributed.DistributedException if the rank whose turn it is fails
     */
    public Tensor next(Supplier<Tensor> draw, long... shape) {
        int owner = group == null ? 0 : Math.toIntExact(batch++ % group.size());
        int rank = group == null ? 0 : group.rank();
        if (owner == rank) {
            Tensor drawn = draw.get();
            if (rank != 0) {
                send(drawn);
            }
            return rank == 0 ? drawn : null;
        }
        if (rank != 0) {
            return null;
        }
        Tensor received = Torch.empty(shape);
        try (Work work = group.receiveAsync(received, owner, 0)) {
            work.await();
        }
        return received;
    }

    private void send(Tensor drawn) {
        if (sent.size() == IN_FLIGHT) {
            finishFirst();
        }
        try (TensorScope _ = TensorScope.open()) {
            sent.add(group.sendAsync(drawn.to(Device.cpu()).to(DType.FLOAT32).contiguous(), 0, 0));
        }
    }

    private void finishFirst() {
        try (Work work = sent.remove()) {
            work.await();
        }
    }

    /** Waits until all that this rank has drawn is on its way. */
    public void finish() {
        while (!sent.isEmpty()) {
            finishFirst();
        }
    }

    /** Lets go of what is on its way, which goes on. */
    @Override
    public void close() {
        sent.forEach(Work::close);
        sent.clear();
    }
}
