package dev.gradus.torch.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Operator;
import dev.gradus.torch.Operators;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchException;
import dev.gradus.torch.io.SafeTensors;
import dev.gradus.torch.nn.Conv2d;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.nn.GroupNorm;
import dev.gradus.torch.nn.Linear;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.optim.AdamW;
import dev.gradus.torch.optim.Ema;
import dev.gradus.torch.optim.GradientClipping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trains for as long as {@code -Dgradus.soak.minutes} says (60): the handles after a step must be those after the first
 * steps, and the resident memory of the last half must not grow. The Maven profile {@code soak} runs it.
 */
@Tag("soak")
class SoakTest {

    private static final Duration LENGTH = Duration.ofMinutes(Long.getLong("gradus.soak.minutes", 60));
    private static final int STEPS_BEFORE_COUNTING = 200;
    private static final int STEPS_BETWEEN_SAMPLES = 200;
    /** What the heap of Java and the arenas of malloc may still take up; a leak of one small tensor a step is more. */
    private static final double GROWTH_MIB = 24;

    /** What the loader may have in hands at any moment. */
    private static final long LOADER_HANDLES = 3;

    @TempDir
    Path folder;

    private static final class Net extends Module {
        private final Conv2d conv;
        private final GroupNorm norm;
        private final Linear out;

        Net(Generator generator) {
            conv = registerModule("conv", new Conv2d(1, 16, 3, ConvOptions.padding(1), generator));
            norm = registerModule("norm", new GroupNorm(4, 16, 1e-5));
            out = registerModule("out", new Linear(16 * 8 * 8, 10, generator));
        }

        Tensor forward(Tensor x) {
            return out.forward(F.silu(norm.forward(conv.forward(x))).flatten(1, -1));
        }
    }

    /** Makes batches in a thread of its own, as a loader does; whoever takes one closes it. */
    private static final class Loader extends Thread {
        private final BlockingQueue<Tensor> batches;

        Loader(BlockingQueue<Tensor> batches) {
            super("loader");
            setDaemon(true);
            this.batches = batches;
        }

        @Override
        public void run() {
            try (Generator generator = Generator.cpu(1)) {
                while (true) {
                    try (TensorScope scope = TensorScope.open()) {
                        batches.put(
                                scope.keep(Torch.randn(generator, 16, 1, 8, 8).mul(0.5)));
                    }
                }
            } catch (InterruptedException _) {
                // The end of the test.
            }
        }
    }

    @Test
    void handlesAndMemoryStayFlat() throws IOException, InterruptedException {
        Torch.setNumThreads(1);
        Operator roll = Operators.find("aten::roll");
        List<Double> memory = new ArrayList<>();
        long handles = 0;
        long step = 0;
        var batches = new SynchronousQueue<Tensor>();
        var loader = new Loader(batches);
        loader.start();
        try (var generator = Generator.cpu(0);
                var net = new Net(generator);
                var optimizer = new AdamW(net.namedParameters(), AdamW.Options.defaults());
                var clipping = new GradientClipping(net.namedParameters().values(), 1.0);
                var ema = new Ema(net.namedParameters())) {
            long end = System.nanoTime() + LENGTH.toNanos();
            for (; System.nanoTime() < end || step < 3 * STEPS_BEFORE_COUNTING; step++) {
                try (var _ = TensorScope.open();
                        Tensor batch = batches.take()) {
                    step(net, batch, roll, step % 2 == 1, optimizer, clipping);
                    ema.update(0.99);
                }
                if (step % 1_000 == 0) {
                    saveAndLoad(net.namedParameters());
                }
                if (step == STEPS_BEFORE_COUNTING) {
                    handles = settledHandles();
                }
                if (step % STEPS_BETWEEN_SAMPLES == 0 && step >= STEPS_BEFORE_COUNTING) {
                    long now = settledHandles();
                    assertTrue(
                            Math.abs(now - handles) <= LOADER_HANDLES,
                            now + " live handles after step " + step + ", before there were " + handles);
                    memory.add(residentMebibytes());
                }
            }
        } finally {
            loader.interrupt();
            loader.join();
        }
        double middle = largest(memory.subList(memory.size() / 4, memory.size() / 2));
        double last = largest(memory.subList(3 * memory.size() / 4, memory.size()));
        System.out.printf(
                "%d steps in %s: %d handles after each, resident memory %.1f MiB in the second quarter, %.1f in the"
                        + " last%n",
                step, LENGTH, handles, middle, last);
        assertTrue(last - middle < GROWTH_MIB, "resident memory grew from " + middle + " MiB to " + last);
    }

    /** One step of training, and one call of each kind that a program makes beside it: by name, refused, to an array. */
    private static void step(
            Net net, Tensor batch, Operator roll, boolean lowPrecision, AdamW optimizer, GradientClipping clipping) {
        Tensor rolled = roll.callTensor(batch, new long[] {1}, new long[] {3});
        Tensor target = batch.flatten(1, -1).argmax(1, false).remainder(10);
        Tensor scores;
        if (lowPrecision) {
            try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
                scores = net.forward(rolled);
            }
        } else {
            scores = net.forward(rolled);
        }
        Tensor loss = F.crossEntropy(scores.to(DType.FLOAT32), target);
        optimizer.zeroGrad();
        loss.backward();
        clipping.apply();
        optimizer.step(1e-4);
        assertTrue(Double.isFinite(loss.item()));
        assertEquals(160, scores.to(DType.FLOAT32).toFloatArray().length);
        try {
            scores.view(7);
            throw new AssertionError("160 elements are not 7");
        } catch (TorchException _) {
            // as it should be
        }
    }

    private void saveAndLoad(Map<String, Tensor> parameters) throws IOException {
        Path file = folder.resolve("weights.safetensors");
        SafeTensors.save(file, parameters, Map.of());
        SafeTensors.load(file).values().forEach(Tensor::close);
    }

    /** The handles, but for the batch that the loader is just making or handing over. */
    private static long settledHandles() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            Thread.sleep(1);
            least = Math.min(least, Torch.liveHandles());
        }
        return least;
    }

    private static double residentMebibytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            String line = lines.filter(l -> l.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
        }
    }

    private static double largest(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }
}
