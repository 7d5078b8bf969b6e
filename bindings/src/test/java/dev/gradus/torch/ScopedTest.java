package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests that each run in a scope, after which no handle may be left. */
abstract class ScopedTest {

    private long handles;
    private TensorScope scope;

    @BeforeEach
    void openScope() {
        handles = LiveHandles.settled();
        scope = TensorScope.open();
    }

    @AfterEach
    void everyHandleIsGivenBack() {
        scope.close();
        assertEquals(handles, Torch.liveHandles());
    }
}
