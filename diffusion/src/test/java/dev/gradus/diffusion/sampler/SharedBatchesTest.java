package dev.gradus.diffusion.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.C10d;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.Environment;
import dev.gradus.torch.distributed.ProcessGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rank 0 gets all batches in their order, whoever drew them and however long that took. */
@Timeout(60)
class SharedBatchesTest {
    private static final int BATCHES = 11;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void rankZeroGetsTheBatchesOfAllInOrder() throws Exception {
        try {
            C10d.require(C10d.Backend.GLOO);
        } catch (RuntimeException e) {
            Assumptions.abort(e.getMessage());
        }
        int port = freePort();
        ConcurrentLinkedQueue<String> drawn = new ConcurrentLinkedQueue<>();
        List<Future<List<Double>>> ranks = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            for (int rank = 0; rank < 3; rank++) {
                Environment environment = Environment.local(rank, 3, port);
                ranks.add(threads.submit(() -> {
                    try (ProcessGroup group = ProcessGroup.join(environment, Device.cpu())) {
                        List<Double> got = take(group, drawn);
                        group.barrier();
                        return got;
                    }
                }));
            }
            List<Double> all = new ArrayList<>();
            for (int i = 0; i < BATCHES; i++) {
                all.add((double) i);
            }
            assertEquals(all, ranks.get(0).get());
            assertTrue(ranks.get(1).get().isEmpty() && ranks.get(2).get().isEmpty());
        }
        // Each batch was drawn once, by the rank whose turn it was.
        assertEquals(BATCHES, drawn.size());
        for (int i = 0; i < BATCHES; i++) {
            assertTrue(drawn.contains(i + " by " + i % 3), drawn.toString());
        }
    }

    private static List<Double> take(ProcessGroup group, ConcurrentLinkedQueue<String> drawn) {
        List<Double> got = new ArrayList<>();
        try (SharedBatches batches = SharedBatches.among(group)) {
            for (int i = 0; i < BATCHES; i++) {
                int number = i;
                try (var _ = TensorScope.open()) {
                    Tensor batch = batches.next(
                            () -> {
                                drawn.add(number + " by " + group.rank());
                                sleep(group.rank() * 20L); // uneven work
                                return Torch.full(new long[] {2, 3}, number);
                            },
                            2,
                            3);
                    if (group.isFirst()) {
                        assertArrayEquals(new long[] {2, 3}, batch.shape());
                        got.add(batch.mean().item());
                    } else {
                        assertNull(batch);
                    }
                }
            }
            batches.finish();
        }
        return got;
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneProcessDrawsAll() {
        try (var _ = TensorScope.open();
                SharedBatches batches = SharedBatches.alone()) {
            assertEquals(7, batches.next(() -> Torch.full(new long[] {1}, 7), 1).item());
            assertTrue(batches.isFirst());
        }
    }
}
