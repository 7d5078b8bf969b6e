package dev.gradus.torch;

import java.io.Serial;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Where a node of the gradient graph was made, noted while {@link Autograd#detectAnomaly} is open. */
final class NodeStack extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    private static final ThreadLocal<List<NodeStack>> FAILED = ThreadLocal.withInitial(ArrayList::new);

    NodeStack() {
        super("a node of the gradient graph");
    }

    private NodeStack(String node, NodeStack made) {
        super("the forward call that made the node " + node + " (detectAnomaly)");
        setStackTrace(made.getStackTrace());
    }

    /** The node of this stack failed in the current thread. */
    @SuppressWarnings("restricted")
    static void failed(Object stack, long nameAddress) {
        if (stack instanceof NodeStack made) {
            String name = Strings.of(MemorySegment.ofAddress(nameAddress).reinterpret(Long.MAX_VALUE));
            FAILED.get().add(new NodeStack(name, made));
        }
    }

    /** Adds the stacks of the nodes that failed in this thread to the exception that tells of it. */
    static void attach(Throwable failure) {
        List<NodeStack> failed = FAILED.get();
        if (!failed.isEmpty()) {
            failed.forEach(failure::addSuppressed);
            failed.clear();
        }
    }
}
