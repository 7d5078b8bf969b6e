package dev.gradus.diffusion.train;

import dev.gradus.diffusion.config.EmaConfig;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.optim.Ema;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.LongToDoubleFunction;

/** All averages of the weights of a run, by the names of their folders in a checkpoint. The first is {@link #MAIN}. */
final class Averages implements AutoCloseable {
    /** The one that gets sampled. */
    static final String MAIN = "ema";

    private static final String POWER = "power-";

    /** @param decayAt the weight of the past at a step, counted from 0 */
    private record Average(String folder, Ema ema, LongToDoubleFunction decayAt) {}

    private final List<Average> all = new ArrayList<>();

    /** Starts with copies of the weights. */
    Averages(EmaConfig config, int batchSize, Map<String, Tensor> weights) {
        add(MAIN, weights, step -> config.decayAt(step, batchSize));
        for (double halfLife : config.further()) {
            add(MAIN + "-" + number(halfLife), weights, step -> config.decayAt(step, batchSize, halfLife));
        }
        for (double deviation : config.power()) {
            double gamma = PowerFunction.gammaOf(deviation);
            add(POWER + number(deviation), weights, step -> PowerFunction.decayAt(gamma, step + 1));
        }
    }

    private void add(String folder, Map<String, Tensor> weights, LongToDoubleFunction decayAt) {
        all.add(new Average(folder, new Ema(weights), decayAt));
    }

    /** A number as it stands in the name of a folder. */
    static String number(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }

    /** Whether a folder has the name of a power function average. */
    static boolean isPower(String folder) {
        return folder.startsWith(POWER);
    }

    /** The relative standard deviation in such a name. */
    static double deviationOf(String folder) {
        return Double.parseDouble(folder.substring(POWER.length()));
    }

    /** The weight of the present at a step, for each average. */
    double[] weightsAt(long step) {
        return all.stream()
                .mapToDouble(average -> 1 - average.decayAt().applyAsDouble(step))
                .toArray();
    }

    /**
     * Takes the weights in, one native call for each average.
     *
     * @param weights of the present, float64, one for each average, on the device
     */
    void update(Tensor weights) {
        for (int i = 0; i < all.size(); i++) {
            all.get(i).ema().update(weights.select(0, i));
        }
    }

    /** The averages by folder; the live tensors. */
    SequencedMap<String, Map<String, Tensor>> parameters() {
        SequencedMap<String, Map<String, Tensor>> parameters = new LinkedHashMap<>();
        all.forEach(average -> parameters.put(average.folder(), average.ema().parameters()));
        return parameters;
    }

    /** The names of the folders. */
    List<String> folders() {
        return all.stream().map(Average::folder).toList();
    }

    /** Copies weights into an average; see {@link Ema#load}. */
    void load(String folder, Map<String, Tensor> weights) {
        all.stream()
                .filter(average -> average.folder().equals(folder))
                .forEach(average -> average.ema().load(weights));
    }

    @Override
    public void close() {
        all.forEach(average -> average.ema().close());
    }
}
