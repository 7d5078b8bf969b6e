package dev.gradus.diffusion.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.torch.C10d;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.distributed.DistributedException;
import dev.gradus.torch.distributed.Environment;
import dev.gradus.torch.distributed.ProcessGroup;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several ranks, here threads of one process, train what one rank trains. */
@Timeout(240)
class TeamTest {
    /** Losses of float32, added up in another order. */
    private static final double ROUNDING = 2e-5;

    private static final TrainListener SILENT = new TrainListener() {};

    @TempDir
    Path temp;

    private TrainConfig config;

    @BeforeEach
    void prepare() throws IOException {
        try {
            C10d.require(C10d.Backend.GLOO);
        } catch (RuntimeException e) {
            Assumptions.abort(e.getMessage());
        }
        config = TinyRun.of(TinyRun.writeData(temp.resolve("data")))
                .config()
                // Threads of one process have one default generator, from which dropout draws.
                .with("model.dropout", 0.0)
                .with("steps", 50)
                .with("logEvery", 1)
                .with("batchSize", 8)
                .with("checkpoint.every", 25);
    }

    private interface Body {
        TrainResult train(Trainer trainer) throws Exception;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Trains with one configuration a rank; what each came to, or its exception. */
    private List<Object> train(List<TrainConfig> configs, String name, Body body) throws Exception {
        int port = freePort();
        List<Callable<Object>> ranks = new ArrayList<>();
        for (int i = 0; i < configs.size(); i++) {
            int rank = i;
            ranks.add(() -> {
                Environment environment = Environment.local(rank, configs.size(), port)
                        .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(20));
                ProcessGroup group = ProcessGroup.join(environment, Device.cpu());
                try {
                    Trainer trainer = new Trainer(configs.get(rank), folder(name, rank), SILENT);
                    trainer.group(group);
                    TrainResult result = body.train(trainer);
                    group.barrier();
                    return result;
                } catch (DistributedException | ConfigException | TrainingException e) {
                    return e;
                } finally {
                    group.close();
                }
            });
        }
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            List<Future<Object>> futures = ranks.stream().map(threads::submit).toList();
            List<Object> results = new ArrayList<>();
            for (Future<Object> future : futures) {
                try {
                    results.add(future.get());
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            }
            return results;
        }
    }

    private Path folder(String name, int rank) {
        return temp.resolve(rank == 0 ? name : name + "-rank" + rank);
    }

    private void train(TrainConfig of, int ranks, String name) throws Exception {
        for (Object result : train(Collections.nCopies(ranks, of), name, Trainer::run)) {
            if (result instanceof Exception e) {
                throw e;
            }
            assertEquals(TrainResult.Outcome.FINISHED, ((TrainResult) result).outcome());
        }
    }

    private List<JsonNode> metrics(String name) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(temp.resolve(name).resolve("metrics.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    private double[] losses(String name) throws IOException {
        return metrics(name).stream()
                .mapToDouble(line -> line.path("loss").asDouble())
                .toArray();
    }

    private void assertSameLosses(String expected, String found) throws IOException {
        double[] first = losses(expected);
        assertEquals(config.steps(), first.length);
        assertArrayEquals(first, losses(found), ROUNDING, found);
        for (int i = 0; i < first.length; i++) {
            assertEquals(
                    metrics(expected).get(i).path("stage"),
                    metrics(found).get(i).path("stage"));
        }
    }

    private void assertSameBits(String expected, String found, int step) throws IOException {
        for (String file : List.of(
                "model/diffusion_pytorch_model.safetensors",
                "ema/diffusion_pytorch_model.safetensors",
                "optimizer.safetensors")) {
            String place = "checkpoints/step-%06d/".formatted(step) + file;
            assertArrayEquals(
                    Files.readAllBytes(temp.resolve(expected).resolve(place)),
                    Files.readAllBytes(temp.resolve(found).resolve(place)),
                    found + " " + place);
        }
        // Without the default generator, which the ranks of one process share.
        String random = "checkpoints/step-%06d/random.safetensors".formatted(step);
        Map<String, Tensor> first = SafeTensors.load(temp.resolve(expected).resolve(random));
        Map<String, Tensor> second = SafeTensors.load(temp.resolve(found).resolve(random));
        for (String name : List.of("training", "times")) {
            assertArrayEquals(first.get(name).toByteArray(), second.get(name).toByteArray(), name);
        }
    }

    @Test
    void twoRanksHaveTheLossesOfOneAndADividedStateTheSameBits() throws Exception {
        config = config.with("steps", 8).with("checkpoint.every", 8);
        train(config, 1, "one");
        train(config, 2, "two");
        train(config.with("memory.pieces", 2), 2, "pieces");
        train(config.with("memory.shardState", true), 2, "divided");
        assertSameLosses("one", "two");
        assertSameLosses("one", "pieces");
        assertSameBits("two", "divided", 8);
    }

    @Test
    @Tag("distributed")
    void twoAndFourRanksHaveTheLossesOfOne() throws Exception {
        train(config, 1, "one");
        train(config, 2, "two");
        train(config, 4, "four");
        assertSameLosses("one", "two");
        assertSameLosses("one", "four");
        JsonNode last = metrics("two").getLast();
        assertEquals(400, last.path("images").asInt());
        assertTrue(last.path("communicationWait").asDouble() >= 0);
    }

    @Test
    @Tag("distributed")
    void aBatchInPiecesAndOneThatCannotBeDividedEvenlyHaveThemToo() throws Exception {
        train(config.with("batchSize", 7), 1, "one");
        train(config.with("batchSize", 7).with("memory.pieces", 2), 2, "two");
        train(config.with("batchSize", 7).with("memory.pieces", 2), 4, "four");
        assertSameLosses("one", "two");
        assertSameLosses("one", "four");
    }

    @Test
    @Tag("distributed")
    void aDividedStateHasTheBitsOfAWholeOneAndSoDoesARepetition() throws Exception {
        train(config, 2, "whole");
        train(config, 2, "again");
        train(config.with("memory.shardState", true), 2, "divided");
        assertSameBits("whole", "again", 50);
        assertSameBits("whole", "divided", 50);
        train(config, 4, "four");
        train(config.with("memory.shardState", true), 4, "four-divided");
        assertSameBits("four", "four-divided", 50);
        assertSameLosses("whole", "four-divided");
    }

    @Test
    void allRanksHaveTheSameLosses() throws Exception {
        train(config.with("steps", 10), 2, "run");
        assertArrayEquals(losses("run"), losses("run-rank1"));
        assertFalse(Files.exists(folder("run", 1).resolve("checkpoints/step-000010")));
        assertTrue(Files.exists(temp.resolve("run/samples/step-000010.png")));
    }

    @Test
    @Tag("distributed")
    void aStoppedRunGoesOnWithItsBitsAtTheSameSizeAndWithItsLossesAtAnother() throws Exception {
        train(config, 2, "straight");
        for (String name : List.of("same", "other", "divided")) {
            stopAt(name, name.equals("divided") ? config.with("memory.shardState", true) : config, 20);
            assertEquals(20, RunFolder.stepOf(newest(name)));
        }
        train(config, 2, "same");
        assertSameBits("straight", "same", 50);
        train(config, 4, "other");
        assertSameLosses("straight", "other");
        // Begun with a divided state by two, gone on with by four who divide it otherwise.
        train(config.with("memory.shardState", true), 4, "divided");
        assertSameBits("other", "divided", 50);
    }

    private Path newest(String name) throws IOException {
        return RunFolder.existing(temp.resolve(name)).newestCheckpoint().orElseThrow();
    }

    /** Asks one rank, not the first, to stop. */
    private void stopAt(String name, TrainConfig of, int step) throws Exception {
        int port = freePort();
        List<Callable<TrainResult>> ranks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int rank = i;
            ranks.add(() -> {
                try (ProcessGroup group = ProcessGroup.join(
                        Environment.local(rank, 2, port).withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(20)),
                        Device.cpu())) {
                    Trainer[] trainer = new Trainer[1];
                    trainer[0] = new Trainer(of, folder(name, rank), new TrainListener() {
                        @Override
                        public void stepLogged(StepReport report) {
                            if (rank == 1 && report.step() == step - 1) {
                                trainer[0].requestStop();
                            }
                        }
                    });
                    trainer[0].group(group);
                    TrainResult result = trainer[0].run();
                    group.barrier();
                    return result;
                }
            });
        }
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
            for (Future<TrainResult> future :
                    ranks.stream().map(threads::submit).toList()) {
                assertEquals(TrainResult.Outcome.INTERRUPTED, future.get().outcome());
            }
        }
    }

    @Test
    void aRankWithAnotherConfigurationEndsAllOfThem() throws Exception {
        List<Object> results = train(List.of(config, config.with("optimizer.lr", 0.5)), "run", Trainer::run);
        assertTrue(message(results.get(1))
                .contains("rank 1: comparing with rank 0: its configuration differs from rank 0's: optimizer.lr is"));
        assertTrue(message(results.get(0))
                .startsWith(
                        "rank 0: comparing with the other ranks: rank 1: comparing with rank 0: its configuration"));
        assertFalse(Files.exists(temp.resolve("run/checkpoints")));
    }

    @Test
    void aRankWithOtherDataEndsAllOfThem() throws Exception {
        Path other = TinyRun.writeData(temp.resolve("other"));
        Path images = other.resolve("train-images-idx3-ubyte");
        byte[] bytes = Files.readAllBytes(images);
        bytes[bytes.length - 1] ^= 1;
        Files.write(images, bytes);
        List<Object> results = train(List.of(config, config.with("data.path", other.toString())), "run", Trainer::run);
        assertTrue(message(results.get(1)).contains("its data differ: they are "), message(results.get(1)));
    }

    @Test
    void moreRanksThanImagesAreRefused() throws Exception {
        List<Object> results = train(Collections.nCopies(3, config.with("batchSize", 2)), "run", Trainer::run);
        results.forEach(result ->
                assertTrue(message(result).contains("is 2, less than the 3 ranks that share it"), message(result)));
    }

    private static String message(Object result) {
        return assertThrows(Exception.class, () -> {
                    throw (Exception) result;
                })
                .getMessage();
    }

    @Test
    void checkpointsOfATeamAreThoseOfOneProcess() throws Exception {
        config = config.with("steps", 6).with("checkpoint.every", 2);
        train(config.with("steps", 4), 2, "team");
        new Trainer(config, temp.resolve("team"), SILENT).run(); // goes on alone
        assertEquals(6, RunFolder.stepOf(newest("team")));
        Map<String, Tensor> optimizer = SafeTensors.load(newest("team").resolve("optimizer.safetensors"));
        assertTrue(optimizer.keySet().stream().anyMatch(name -> name.startsWith("exp_avg_sq.")));
    }
}
