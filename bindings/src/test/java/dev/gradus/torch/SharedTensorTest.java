package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SharedTensorTest {

    private static final int THREADS = 4;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private long before;

    @BeforeEach
    void count() {
        before = LiveHandles.settled();
    }

    @AfterEach
    void nothingIsLeft() {
        threads.close();
        assertEquals(before, Torch.liveHandles());
    }

    private <T> T elsewhere(Callable<T> task) throws Throwable {
        try {
            return threads.submit(task).get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    @Test
    void aTensorOfAScopeIsConfinedToItsThread() {
        try (var _ = TensorScope.open()) {
            Tensor x = Torch.ones(2);
            for (Callable<?> use : List.<Callable<?>>of(x::neg, x::dim, x::itemLong, () -> x.add_(1))) {
                var e = assertThrows(WrongThreadException.class, () -> elsewhere(use));
                assertTrue(e.getMessage().contains("scope.keep"), e.getMessage());
            }
            assertThrows(
                    WrongThreadException.class,
                    () -> elsewhere(() -> {
                        x.close();
                        return null;
                    }));
            assertEquals(2, x.sum().item());
        }
    }

    @Test
    void aKeptTensorIsUsedAndClosedByAnyThread() throws Throwable {
        Tensor kept;
        try (var scope = TensorScope.open()) {
            kept = scope.keep(Torch.ones(2));
        }
        assertEquals(2.0, elsewhere(() -> {
            try (Tensor sum = kept.sum()) {
                return sum.item();
            }
        }));
        elsewhere(() -> {
            kept.close();
            return null;
        });
        assertTrue(kept.isClosed());
        assertThrows(IllegalStateException.class, kept::sum);
    }

    /** The product takes a while; whenever the close comes, it is either whole or refused. */
    @Test
    void aCloseDuringACallTakesEffectAfterIt() throws Throwable {
        for (int round = 0; round < 50; round++) {
            Tensor x = Torch.ones(128, 128);
            var start = new CyclicBarrier(2);
            Future<Double> product = threads.submit(() -> {
                start.await();
                try (Tensor y = x.matmul(x);
                        Tensor sum = y.sum()) {
                    return sum.item();
                }
            });
            start.await();
            x.close();
            try {
                assertEquals(128.0 * 128 * 128, product.get());
            } catch (ExecutionException e) {
                assertEquals(IllegalStateException.class, e.getCause().getClass());
            }
        }
    }

    @Test
    void ofManyClosesOneFrees() throws Exception {
        for (int round = 0; round < 200; round++) {
            Tensor x = Torch.ones(1);
            var start = new CyclicBarrier(THREADS);
            List<Future<?>> closes = IntStream.range(0, THREADS)
                    .<Future<?>>mapToObj(_ -> threads.submit(() -> {
                        start.await();
                        x.close();
                        return null;
                    }))
                    .toList();
            for (Future<?> close : closes) {
                close.get();
            }
            assertEquals(before, Torch.liveHandles());
        }
    }

    @Test
    void whileOneThreadReplacesATensorOthersUseTheOldOrAreTold() throws Exception {
        var shared = new Tensor[] {Torch.ones(3)};
        var refused = new AtomicInteger();
        List<Future<Integer>> users = IntStream.range(0, THREADS - 1)
                .mapToObj(_ -> threads.submit(() -> {
                    int used = 0;
                    for (int i = 0; i < 5_000; i++) {
                        try (Tensor sum = shared[0].add(shared[0])) {
                            assertEquals(3, sum.numel());
                            used++;
                        } catch (IllegalStateException e) {
                            refused.incrementAndGet();
                        }
                    }
                    return used;
                }))
                .toList();
        Future<?> replacing = threads.submit(() -> {
            while (users.stream().anyMatch(user -> !user.isDone())) {
                Tensor old = shared[0];
                shared[0] = Torch.ones(3);
                old.close();
            }
        });
        int used = 0;
        for (Future<Integer> user : users) {
            used += user.get();
        }
        replacing.get();
        assertEquals(5_000 * (THREADS - 1), used + refused.get());
        assertTrue(used > 0);
        shared[0].close();
    }

    @Test
    void aFailedCallLetsGoOfItsArguments() {
        Tensor open = Torch.ones(2);
        Tensor closed = Torch.ones(2);
        closed.close();
        assertThrows(IllegalStateException.class, () -> open.add(closed));
        assertThrows(TorchException.class, () -> open.view(3));
        assertThrows(NullPointerException.class, () -> open.add((Tensor) null));
        open.close();
        Torch.ones(1).close(); // the next call of this thread releases what the one without an end had pinned
    }
}
