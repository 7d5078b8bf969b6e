package dev.gradus.torch.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.C10d.Reduction;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchValueException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Ranks exchange tensors; what goes wrong names the rank and what it did. */
class ProcessGroupTest {
    private static double[] numbers(Tensor tensor) {
        return tensor.to(DType.FLOAT64).flatten().toDoubleArray();
    }

    @Test
    void everyRankGetsTheReductionOfAll() throws Exception {
        for (double[] sum : Ranks.run(3, group -> {
            try (var _ = TensorScope.open()) {
                Tensor mine = Torch.full(new long[] {2, 2}, group.rank() + 1.0);
                group.allReduce(mine);
                Tensor most = Torch.full(new long[] {1}, group.rank());
                group.allReduce(most, Reduction.MAX);
                return numbers(Torch.cat(List.of(mine.flatten(), most), 0));
            }
        })) {
            assertArrayEquals(new double[] {6, 6, 6, 6, 2}, sum);
        }
    }

    @Test
    void everyRankGetsTheTensorOfOne() throws Exception {
        for (double[] got : Ranks.run(2, group -> {
            try (var _ = TensorScope.open()) {
                Tensor tensor = Torch.full(new long[] {3}, group.rank() + 5.0);
                group.broadcast(tensor, 1);
                return numbers(tensor);
            }
        })) {
            assertArrayEquals(new double[] {6, 6, 6}, got);
        }
    }

    @Test
    void whatIsGatheredIsInTheOrderOfTheRanks() throws Exception {
        for (double[] got : Ranks.run(2, group -> {
            try (var _ = TensorScope.open()) {
                return numbers(group.allGather(Torch.full(new long[] {1, 2}, group.rank())));
            }
        })) {
            assertArrayEquals(new double[] {0, 0, 1, 1}, got);
        }
    }

    @Test
    void eachRankGetsItsPartOfTheReduction() throws Exception {
        List<double[]> parts = Ranks.run(2, group -> {
            try (var _ = TensorScope.open()) {
                Tensor all = Torch.fromArray(new float[] {1, 2, 3, 4}, 4).mul(group.rank() + 1.0);
                return numbers(group.reduceScatter(all, Reduction.SUM));
            }
        });
        assertArrayEquals(new double[] {3, 6}, parts.get(0));
        assertArrayEquals(new double[] {9, 12}, parts.get(1));
    }

    @Test
    void operationsGoOnWhileTheRankDoesOtherThings() throws Exception {
        for (double[] got : Ranks.run(2, group -> {
            try (var _ = TensorScope.open()) {
                Tensor first = Torch.ones(1000);
                Tensor second = Torch.full(new long[] {1}, group.rank());
                try (Work one = group.allReduceAsync(first, Reduction.SUM);
                        Work two = group.allReduceAsync(second, Reduction.SUM)) {
                    two.await();
                    one.await();
                    assertTrue(one.isDone());
                }
                return numbers(Torch.cat(List.of(first.narrow(0, 999, 1), second), 0));
            }
        })) {
            assertArrayEquals(new double[] {2, 1}, got);
        }
    }

    @Test
    void bytesOfAnyLengthComeFromRankZero() throws Exception {
        for (String got : Ranks.run(2, group -> {
            byte[] mine = (group.isFirst() ? "of the first" : "x").getBytes(StandardCharsets.UTF_8);
            return new String(group.broadcastBytes(mine, Device.cpu()), StandardCharsets.UTF_8);
        })) {
            assertEquals("of the first", got);
        }
    }

    @Test
    void aRankLearnsWhatRankZeroHasInstead() throws Exception {
        List<String> answers = Ranks.run(
                2,
                group ->
                        group.agree("data", group.rank() == 0 ? "cats" : "dogs").orElse("the same"));
        assertEquals(List.of("the same", "cats"), answers);
    }

    @Test
    void whatDoesNotFitIsRefusedInTheRankThatGaveIt() throws Exception {
        Ranks.run(1, group -> {
            try (var _ = TensorScope.open()) {
                Tensor grid = Torch.zeros(2, 3);
                assertHas(
                        "contiguous",
                        assertThrows(TorchValueException.class, () -> group.allReduce(grid.transpose(0, 1)))
                                .getMessage());
                assertThrows(TorchValueException.class, () -> group.broadcast(grid, 1));
                assertHas(
                        "does not hold 3 for each of 1 ranks",
                        assertThrows(TorchValueException.class, () -> group.allGatherAsync(grid, grid.narrow(0, 0, 1)))
                                .getMessage());
            }
            return null;
        });
    }

    @Test
    void aRankThatLeftIsNamed() throws Exception {
        Ranks.requireGloo();
        int port = Ranks.freePort();
        List<Callable<Void>> ranks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Environment environment = Ranks.environment(i, 2, port);
            ranks.add(() -> {
                ProcessGroup group = ProcessGroup.join(environment, Device.cpu());
                if (group.rank() == 1) {
                    group.close();
                    return null;
                }
                try (var _ = TensorScope.open()) {
                    group.allReduceAsync(Torch.ones(1), Reduction.SUM, "all-reduce of step 7")
                            .await();
                }
                return null;
            });
        }
        List<String> failures = Ranks.failures(ranks);
        assertStarts("rank 0: all-reduce of step 7: rank 1 (process ", failures.get(0));
        assertHas("is silent: killed, stopped, or cut off", failures.get(0));
        assertEquals("fine", failures.get(1));
    }

    @Test
    void aRankThatFailedOfItselfIsQuoted() throws Exception {
        Ranks.requireGloo();
        int port = Ranks.freePort();
        List<Callable<Void>> ranks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Environment environment = Ranks.environment(i, 2, port);
            ranks.add(() -> {
                ProcessGroup group = ProcessGroup.join(environment, Device.cpu());
                if (group.rank() == 1) {
                    DistributedException e = group.fail("reading the data", "image 3 is broken");
                    group.close();
                    throw e;
                }
                group.barrier();
                return null;
            });
        }
        List<String> failures = Ranks.failures(ranks);
        assertStarts(
                "rank 0: barrier: another rank failed before: rank 1: reading the data: image 3 is broken",
                failures.get(0));
        assertEquals("rank 1: reading the data: image 3 is broken", failures.get(1));
    }

    @Test
    void aRankThatDoesNotComeIsNamed() throws Exception {
        Ranks.requireGloo();
        Environment alone =
                Ranks.environment(0, 3, Ranks.freePort()).withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(1));
        assertEquals(
                "rank 0: joining the other ranks: ranks 1, 2 did not come within 1 s",
                assertThrows(DistributedException.class, () -> ProcessGroup.join(alone, Device.cpu()))
                        .getMessage());
    }

    @Test
    void aStoreThatNeverComesUpEndsWithItsAddress() throws Exception {
        Ranks.requireGloo();
        int port = Ranks.freePort();
        Environment lost = Ranks.environment(1, 2, port).withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(1));
        assertStarts(
                "rank 1: connecting to the store at 127.0.0.1 port " + port
                        + ": nothing answered within 1 s; is rank 0 running",
                assertThrows(DistributedException.class, () -> ProcessGroup.join(lost, Device.cpu()))
                        .getMessage());
    }

    @Test
    void otherWorldSizesAreRefusedOnBothSides() throws Exception {
        Ranks.requireGloo();
        int port = Ranks.freePort();
        List<Callable<Void>> ranks =
                List.of(() -> join(Ranks.environment(0, 2, port)), () -> join(Ranks.environment(1, 3, port)));
        List<String> failures = Ranks.failures(ranks);
        assertEquals(
                "rank 1: joining the other ranks: it was started as one of 3 ranks, but rank 0 as one of 2;"
                        + " WORLD_SIZE must be the same everywhere",
                failures.get(1));
        assertHas("another rank failed before: " + failures.get(1), failures.get(0));
    }

    @Test
    void aSecondJobOnThePortIsTurnedAwayAndTheFirstGoesOn() throws Exception {
        Ranks.requireGloo();
        int port = Ranks.freePort();
        List<String> strangers = new ArrayList<>();
        List<Callable<Void>> ranks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Environment environment = Ranks.environment(i, 2, port);
            ranks.add(() -> {
                try (ProcessGroup group = ProcessGroup.join(environment, Device.cpu())) {
                    if (group.rank() == 1) {
                        strangers.addAll(Ranks.failures(List.of(
                                () -> join(Ranks.environment(0, 2, port)),
                                () -> join(Ranks.environment(1, 2, port).withJob("other")),
                                () -> join(Ranks.environment(1, 2, port)),
                                () -> join(Ranks.environment(2, 4, port)))));
                    }
                    group.barrier();
                }
                return null;
            });
        }
        assertEquals(List.of("fine", "fine"), Ranks.failures(ranks));
        assertHas("another job runs there; choose another MASTER_PORT", strangers.get(0));
        assertHas("is that of the job 'local', and this rank is of 'other'", strangers.get(1));
        assertHas("this rank is taken by process ", strangers.get(2));
        assertHas("was started as one of 4 ranks, but rank 0 as one of 2", strangers.get(3));
    }

    /** As torchrun does; a second attempt of the same job finds the keys of the first in it. */
    @Test
    void theLauncherMayServeTheStoreForSeveralAttempts() throws Exception {
        Ranks.requireGloo();
        try (TCPStore agent = TCPStore.serve("127.0.0.1", 0, Duration.ofSeconds(10))) {
            for (int attempt = 0; attempt < 2; attempt++) {
                List<Callable<Void>> ranks = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    Environment environment = Environment.read(Map.of(
                                    "RANK", String.valueOf(i),
                                    "WORLD_SIZE", "2",
                                    "MASTER_ADDR", "127.0.0.1",
                                    "MASTER_PORT", String.valueOf(agent.port()),
                                    "TORCHELASTIC_USE_AGENT_STORE", "True",
                                    "TORCHELASTIC_RUN_ID", "none",
                                    "TORCHELASTIC_RESTART_COUNT", String.valueOf(attempt)))
                            .orElseThrow();
                    ranks.add(() -> {
                        try (ProcessGroup group = ProcessGroup.join(environment, Device.cpu())) {
                            group.barrier();
                        }
                        return null;
                    });
                }
                assertEquals(List.of("fine", "fine"), Ranks.failures(ranks));
            }
        }
    }

    private static Void join(Environment environment) {
        ProcessGroup.join(environment, Device.cpu()).close();
        return null;
    }

    private static void assertStarts(String start, String text) {
        assertTrue(text.startsWith(start), text);
    }

    private static void assertHas(String part, String text) {
        assertTrue(text.contains(part), text);
    }
}
