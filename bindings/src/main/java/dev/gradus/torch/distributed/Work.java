package dev.gradus.torch.distributed;

import dev.gradus.torch.C10d;
import dev.gradus.torch.TorchException;

/** An operation of a {@link ProcessGroup} under way. It holds its tensors, which must not be touched until it is done. */
public final class Work implements AutoCloseable {
    private final C10d.Work work;
    private final Peers peers;
    private final String operation;
    private boolean awaited;

    Work(C10d.Work work, Peers peers, String operation) {
        this.work = work;
        this.peers = peers;
        this.operation = operation;
    }

    /**
     * Waits until it is done. With tensors of a CUDA device: makes the current stream wait, and not this thread.
     *
     * @throws DistributedException if it failed or took longer than the group's timeout
     */
    public void await() {
        try {
            work.await(0);
            awaited = true;
        } catch (TorchException e) {
            throw peers.failure(operation, e);
        }
    }

    /** Whether it is done, or has failed; does not wait. */
    public boolean isDone() {
        return awaited || work.isDone();
    }

    /** Lets go of it; what is under way goes on. Closing twice is harmless. */
    @Override
    public void close() {
        work.close();
    }
}
