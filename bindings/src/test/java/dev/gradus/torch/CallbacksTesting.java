package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A scope around each test, after which no handle and no code to be called back is left. */
abstract class CallbacksTesting {

    private TensorScope scope;
    private long handles;
    private int callbacks;

    @BeforeEach
    void openScope() {
        handles = LiveHandles.settled();
        callbacks = Upcalls.live();
        scope = TensorScope.open();
    }

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        scope.close();
        // The threads that libtorch starts for deep recursion let go a moment after the caller has its answer.
        for (int i = 0; i < 500 && (Upcalls.live() != callbacks || Torch.liveHandles() != handles); i++) {
            Thread.sleep(10);
        }
        assertEquals(handles, Torch.liveHandles(), "live handles");
        assertEquals(callbacks, Upcalls.live(), "live callbacks");
    }

    /** A leaf for all threads, to be closed. */
    static Tensor sharedLeaf(double... values) {
        try (TensorScope own = TensorScope.open()) {
            return own.keep(leaf(values));
        }
    }

    static Tensor leaf(double... values) {
        return Torch.tensor(values).requiresGrad_(true);
    }
}
