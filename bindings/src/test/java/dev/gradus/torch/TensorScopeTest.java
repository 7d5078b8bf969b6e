package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TensorScopeTest {

    @Test
    void freesAllThatWasMadeInside() {
        long before = LiveHandles.settled();
        Tensor x;
        try (var _ = TensorScope.open()) {
            x = Torch.ones(2);
            for (int i = 0; i < 1000; i++) {
                x.add(i);
            }
            assertEquals(before + 1001, Torch.liveHandles());
        }
        assertEquals(before, Torch.liveHandles());
        assertTrue(x.isClosed());
    }

    @Test
    void keepsWhatIsKept() {
        long before = LiveHandles.settled();
        Tensor kept;
        try (var scope = TensorScope.open()) {
            kept = scope.keep(Torch.ones(2).add(1));
        }
        assertEquals(4, kept.sum().item());
        kept.close();
        assertTrue(kept.isClosed());
        System.gc(); // for the sum above, which no scope owned
        assertTrue(Torch.liveHandles() <= before + 1);
    }

    @Test
    void promotesToTheScopeAround() {
        long before = LiveHandles.settled();
        try (var _ = TensorScope.open()) {
            Tensor promoted;
            try (var inner = TensorScope.open()) {
                promoted = inner.promote(Torch.ones(2));
            }
            assertFalse(promoted.isClosed());
            assertEquals(2, promoted.sum().item());
        }
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void tensorsClosedEarlyLeaveRoomForOthers() {
        long before = LiveHandles.settled();
        try (var _ = TensorScope.open()) {
            Tensor first = Torch.ones(1);
            for (int i = 0; i < 10_000; i++) {
                Tensor second = first.add(1);
                first.close();
                first = second;
            }
            assertEquals(10_001, first.item());
            assertEquals(before + 1, Torch.liveHandles());
        }
        assertEquals(before, Torch.liveHandles());
    }

    @Test
    void closesInnermostFirst() {
        TensorScope outer = TensorScope.open();
        TensorScope inner = TensorScope.open();
        assertThrows(IllegalStateException.class, outer::close);
        inner.close();
        inner.close();
        outer.close();
        assertThrows(IllegalStateException.class, () -> {
            try (var scope = TensorScope.open()) {
                Tensor x = Torch.ones(1);
                x.close();
                scope.keep(x);
            }
        });
    }

    @Test
    void belongsToItsThread() throws InterruptedException {
        AtomicReference<Throwable> ofScope = new AtomicReference<>();
        AtomicReference<Throwable> ofTensor = new AtomicReference<>();
        try (var scope = TensorScope.open()) {
            Tensor x = Torch.ones(1);
            Thread thread = new Thread(() -> {
                ofScope.set(assertThrows(WrongThreadException.class, scope::close));
                ofTensor.set(assertThrows(WrongThreadException.class, x::close));
            });
            thread.start();
            thread.join();
            assertEquals(1, x.item());
        }
        assertTrue(ofScope.get() != null && ofTensor.get() != null);
    }

    @Test
    void tensorsOutsideOfScopesAreFreedByTheGarbageCollector() throws InterruptedException {
        long before = LiveHandles.settled();
        for (int i = 0; i < 100; i++) {
            Torch.ones(1);
        }
        for (int i = 0; i < 100 && Torch.liveHandles() > before; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertTrue(Torch.liveHandles() <= before, "still alive: " + (Torch.liveHandles() - before));
    }
}
