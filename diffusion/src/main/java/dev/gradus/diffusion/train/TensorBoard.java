package dev.gradus.diffusion.train;

import dev.gradus.diffusion.events.EventFile;
import dev.gradus.diffusion.events.Histogram;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;

/** Tells TensorBoard of a run: numbers with each line of metrics, pictures and histograms with each picture. */
final class TensorBoard implements Closeable {
    /** Steps whose times are kept for a histogram. */
    private static final int KEPT = 4096;

    private final EventFile events; // null where nothing is to be told
    private final Deque<double[]> times = new ArrayDeque<>();

    /** @param step steps done */
    TensorBoard(boolean on, RunFolder folder, long step) throws IOException {
        events = on ? EventFile.create(folder.eventsFolder(), step, Clock.systemUTC()) : null;
    }

    /** Takes note of the times that a step drew. */
    void drawn(double[] ofStep) {
        if (events != null) {
            times.add(ofStep);
            if (times.size() > KEPT) {
                times.removeFirst();
            }
        }
    }

    void report(StepReport report) throws IOException {
        if (events == null) {
            return;
        }
        long step = report.step();
        if (Double.isFinite(report.loss())) {
            events.number("training/loss", step, report.loss());
        }
        events.number("training/lr", step, report.lr());
        events.number("training/skipped", step, report.skipped());
        events.number("curriculum/stage", step, report.stage());
        events.number("curriculum/tMin", step, report.tMin());
        events.number("curriculum/tMax", step, report.tMax());
        events.number("speed/imagesPerSecond", step, report.imagesPerSecond());
        events.number("speed/dataWait", step, report.dataWait());
        events.number("speed/checkpointWait", step, report.checkpointWait());
    }

    /**
     * Adds a picture, and histograms of the weights and of the times that were drawn since the last one.
     *
     * @param weights by their names
     */
    void picture(long step, Path picture, Map<String, Tensor> weights) throws IOException {
        if (events == null) {
            return;
        }
        events.picture("samples", step, Files.readAllBytes(picture));
        if (!times.isEmpty()) {
            double[] all = times.stream().flatMapToDouble(Arrays::stream).toArray();
            events.histogram("curriculum/t", step, Histogram.of(all));
            times.clear();
        }
        for (Map.Entry<String, Tensor> weight : weights.entrySet()) {
            try (var _ = TensorScope.open()) {
                double[] values = weight.getValue().detach().to(Device.cpu()).toDoubleArray();
                events.histogram("weights/" + weight.getKey(), step, Histogram.of(values));
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (events != null) {
            events.close();
        }
    }
}
