package dev.gradus.torch.fuzz;

import dev.gradus.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Random programs over the public API, a third of their calls wrong, in several threads that share tensors. The JVM must
 * survive, every refusal must be a documented exception, and in the end no handle may be left.
 */
final class Fuzzer {

    private static final long HANGS_AFTER_NS = 60_000_000_000L;

    /** Bytes; enough for every honest call here, and refused beyond, before the machine runs out of memory. */
    private static final long LARGEST_TENSOR = 32 << 20;

    private Fuzzer() {}

    /** Runs so many calls, shared out among the threads. */
    static Tally run(long calls, int threads, long seed) throws InterruptedException {
        Torch.setNumThreads(1);
        Torch.setAllocationLimit(LARGEST_TENSOR);
        var tally = new Tally();
        var functions = Api.functions();
        var shared = Program.Shared.ofSize(32);
        List<Thread> running = new ArrayList<>();
        IntStream.range(0, threads).forEach(i -> {
            long own = calls / threads + (i < calls % threads ? 1 : 0);
            running.add(Thread.ofPlatform()
                    .daemon()
                    .name("fuzz-" + i)
                    .start(new Program(functions, shared, own, seed * 1_000 + i, tally)));
        });
        for (Thread thread : running) {
            while (!thread.join(java.time.Duration.ofSeconds(1))) {
                List<String> hanging = tally.hanging(HANGS_AFTER_NS);
                if (!hanging.isEmpty()) {
                    hanging.forEach(call -> tally.failed("no answer for a minute from " + call, null));
                    return tally;
                }
            }
        }
        for (int i = 0; i < shared.tensors().length(); i++) {
            var tensor = shared.tensors().getAndSet(i, null);
            if (tensor != null) {
                tensor.close();
            }
            shared.confined().set(i, null);
        }
        return tally;
    }

    /** Handles that are still there when the garbage collector has freed what nobody closed. */
    static long leftOver(long before) throws InterruptedException {
        for (int i = 0; i < 50 && Torch.liveHandles() != before; i++) {
            System.gc();
            Thread.sleep(100);
        }
        return Torch.liveHandles() - before;
    }
}
