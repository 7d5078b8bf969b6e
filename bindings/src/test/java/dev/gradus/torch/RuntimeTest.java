package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Threads, seeds and switches of the process. */
class RuntimeTest {

    @Test
    void interopThreadsAreSetOnce() {
        int threads = Torch.getNumInteropThreads();
        assertTrue(threads >= 1);
        assertThrows(TorchValueException.class, () -> Torch.setNumInteropThreads(0));
        Torch.setNumInteropThreads(threads);
        assertEquals(threads, Torch.getNumInteropThreads());
        TorchException e = assertThrows(TorchException.class, () -> Torch.setNumInteropThreads(threads));
        assertTrue(e.getMessage().contains("cannot set number of interop threads"), e.getMessage());
    }

    @Test
    void aGeneratorTellsTheSeedItStartedFrom() {
        try (Generator generator = Generator.cpu(17)) {
            assertEquals(17, generator.initialSeed());
            assertEquals(18, generator.manualSeed(18).initialSeed());
        }
    }

    @Test
    void aSeedFromTheSystemCanBeUsedAgain() {
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(17)) {
            long seed = generator.seed();
            assertEquals(seed, generator.initialSeed());
            assertNotEquals(seed, generator.seed());
            float[] first = Torch.randn(generator.manualSeed(seed), 4).toFloatArray();
            float[] again = Torch.randn(generator.manualSeed(seed), 4).toFloatArray();
            assertArrayEquals(first, again);
        }
    }

    @Test
    void manualSeedSeedsTheDefaultGenerator() {
        Torch.manualSeed(-3);
        try (Generator generator = Generator.defaultOf(Device.cpu())) {
            assertEquals(-3, generator.initialSeed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSwitchIsOnUntilTheGuardIsClosed(Backends backend) {
        boolean before = backend.isOn();
        try (Guard _ = backend.setting(!before)) {
            assertEquals(!before, backend.isOn());
        }
        assertEquals(before, backend.isOn());
    }

    @Test
    void deterministicAlgorithmsAreAskedFor() {
        Torch.setDeterministic(true);
        try {
            assertTrue(Backends.DETERMINISTIC.isOn() && Backends.CUDNN_DETERMINISTIC.isOn());
        } finally {
            Torch.setDeterministic(false);
        }
    }

    @ParameterizedTest
    @EnumSource
    void thePrecisionOfProductsIsKept(Backends.MatmulPrecision precision) {
        Backends.MatmulPrecision before = Backends.matmulPrecision();
        try {
            Backends.setMatmulPrecision(precision);
            assertEquals(precision, Backends.matmulPrecision());
        } finally {
            Backends.setMatmulPrecision(before);
        }
    }
}
