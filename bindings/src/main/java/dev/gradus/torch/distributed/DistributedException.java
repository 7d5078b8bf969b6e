package dev.gradus.torch.distributed;

/** Processes could not work together. The message names the rank, what it did, and the rank at fault where that is known. */
public final class DistributedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int rank;
    private final String operation;

    /**
     * @param rank of this process
     * @param operation what it did, such as "all-reduce of the losses"
     * @param problem what went wrong there
     */
    public DistributedException(int rank, String operation, String problem, Throwable cause) {
        super("rank " + rank + ": " + operation + ": " + problem, cause);
        this.rank = rank;
        this.operation = operation;
    }

    /** The rank of this process. */
    public int rank() {
        return rank;
    }

    /** What it did. */
    public String operation() {
        return operation;
    }
}
