package dev.gradus.diffusion.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/**
 * A schedule whose speed is fitted while a model trains. Time runs from 0 to 1, and the log-SNR falls from one end of a
 * given schedule to the other, on its path; both ends stay where they are. In between it is piecewise linear: the log-SNR
 * is cut into K cells of equal length, cell k takes the share p_k of the time, and p is fitted from the losses of the noise
 * (the squared errors of eps, averaged over an image), which depend on the log-SNR alone. No p_k falls below {@code 1e-3 / K} (less a rounding of at most a thousandth),
 * so the schedule is strictly monotone. The network is told the log-SNR, scaled to 0 to 1000, so what it has learnt stays
 * true when the schedule moves.
 *
 * <ul>
 *   <li>{@link #leastVariance}: p follows the gradient of the variance of the loss estimate, as in variational diffusion
 *       models (Kingma et al., arXiv 2107.00630, section 4.1 and appendix I). The estimate of the loss over the log-SNR from
 *       one draw is l / p_k up to a constant; its mean does not depend on p, so its variance has the gradient of its second
 *       moment, which is -E[(l / p_k)^2 d log p_k]. It is least where p_k is proportional to the root of the mean of l^2.
 *       {@link #importance} keeps the expected loss that is trained what it is under the given schedule.
 *   <li>{@link #equalDifficulty}: p_k is set in proportion to a running mean of l in cell k, so that equal intervals of time
 *       carry equal losses. The loss that is trained changes with it: hard cells are drawn more often.
 * </ul>
 *
 * Not thread-safe.
 */
public final class LearnedSchedule implements NoiseSchedule {
    private static final int CELLS = 64;
    private static final double FLOOR = 1e-3 / CELLS;
    private static final double NETWORK_SCALE = 1000;
    private static final double MEAN_DECAY = 0.99;
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;

    private final Path path;
    private final double mostLogSnr;
    private final double leastLogSnr;
    private final double[] given;
    /** 0 for {@link #equalDifficulty}. */
    private final double learningRate;

    private double[] share;
    /** The time at which each cell begins, from the least noise; one more for the end. */
    private double[] begin;

    private final double[] mean = new double[CELLS];
    private final double[] first = new double[CELLS];
    private final double[] second = new double[CELLS];
    private double scale;
    private long updates;

    private LearnedSchedule(NoiseSchedule given, double learningRate) {
        this.path = given.path();
        this.mostLogSnr = given.at(given.tMin()).logSnr();
        this.leastLogSnr = given.at(given.tMax()).logSnr();
        this.learningRate = learningRate;
        double[] shares = new double[CELLS];
        for (int k = 0; k < CELLS; k++) {
            double length = given.timeOf(logSnrOfCell(k + 1)) - given.timeOf(logSnrOfCell(k));
            shares[k] = length / (given.tMax() - given.tMin());
        }
        this.given = floored(shares);
        set(this.given);
    }

    /**
     * Fitted so that the variance of the loss estimate falls.
     *
     * @param given where it starts, and whose ends it keeps
     * @param learningRate of Adam on the logits of p
     */
    public static LearnedSchedule leastVariance(NoiseSchedule given, double learningRate) {
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the learning rate must be greater than 0 and finite, is " + learningRate);
        }
        return new LearnedSchedule(given, learningRate);
    }

    /**
     * Spaced so that equal intervals of time carry equal losses, whenever {@link #respace} is called.
     *
     * @param given where it starts, and whose ends it keeps
     */
    public static LearnedSchedule equalDifficulty(NoiseSchedule given) {
        return new LearnedSchedule(given, 0);
    }

    private double logSnrOfCell(int k) {
        return mostLogSnr + (leastLogSnr - mostLogSnr) * k / CELLS;
    }

    /** Adds up to 1, nothing below the floor by more than the few lifted to it take from the others. */
    private static double[] floored(double[] shares) {
        double sum = Arrays.stream(shares).sum();
        double[] lifted =
                Arrays.stream(shares).map(p -> Math.max(p / sum, FLOOR)).toArray();
        double total = Arrays.stream(lifted).sum();
        return Arrays.stream(lifted).map(p -> p / total).toArray();
    }

    private void set(double[] shares) {
        share = shares;
        begin = new double[CELLS + 1];
        for (int k = 0; k < CELLS; k++) {
            begin[k + 1] = begin[k] + shares[k];
        }
        begin[CELLS] = 1;
    }

    @Override
    public int timesteps() {
        return 0;
    }

    @Override
    public double tMin() {
        return 0;
    }

    @Override
    public double tMax() {
        return 1;
    }

    private int cell(double t) {
        int found = Arrays.binarySearch(begin, t);
        return Math.clamp(found >= 0 ? found : -found - 2, 0, CELLS - 1);
    }

    private double logSnr(double t) {
        int k = cell(t);
        double inside = Math.clamp((t - begin[k]) / (begin[k + 1] - begin[k]), 0, 1);
        return mostLogSnr + (leastLogSnr - mostLogSnr) * (k + inside) / CELLS;
    }

    @Override
    public NoiseLevel at(double t) {
        requireTime(t);
        return path.at(t, logSnr(t));
    }

    @Override
    public double timeOf(double logSnr) {
        double place = Math.clamp((logSnr - mostLogSnr) / (leastLogSnr - mostLogSnr), 0, 1) * CELLS;
        int k = Math.min((int) place, CELLS - 1);
        return Math.min(1, begin[k] + (begin[k + 1] - begin[k]) * (place - k));
    }

    @Override
    public double networkTime(double t) {
        return NETWORK_SCALE * (logSnr(t) - mostLogSnr) / (leastLogSnr - mostLogSnr);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public double startScale(NoiseLevel level) {
        return path == Path.CIRCLE ? 1 : level.sigma();
    }

    @Override
    public double importance(double t) {
        int k = cell(t);
        return learningRate > 0 ? given[k] / share[k] : 1;
    }

    /**
     * Takes the losses of a training step, all drawn by this schedule as it is now.
     *
     * @param times t of each image
     * @param noiseLosses the squared error of eps of each image, averaged over its values
     */
    public void observe(double[] times, double[] noiseLosses) {
        int[] cells = Arrays.stream(times).mapToInt(this::cell).toArray();
        for (int i = 0; i < cells.length; i++) {
            int k = cells[i];
            mean[k] = mean[k] == 0 ? noiseLosses[i] : MEAN_DECAY * mean[k] + (1 - MEAN_DECAY) * noiseLosses[i];
        }
        if (learningRate > 0) {
            descend(cells, noiseLosses);
        }
    }

    /** One step of Adam on the logits of p among the cells between the lowest and the highest that were drawn. */
    private void descend(int[] cells, double[] losses) {
        int low = Arrays.stream(cells).min().orElseThrow();
        int high = Arrays.stream(cells).max().orElseThrow();
        double active = begin[high + 1] - begin[low];
        double[] gradient = new double[CELLS];
        double secondMoment = 0;
        for (int i = 0; i < cells.length; i++) {
            double ratio = losses[i] / share[cells[i]];
            double estimate = ratio * ratio / cells.length;
            secondMoment += estimate;
            for (int k = low; k <= high; k++) {
                double own = k == cells[i] ? 1 : 0;
                gradient[k] -= estimate * (own - share[k] / active);
            }
        }
        updates++;
        // Losses fall by orders of magnitude during training; the step must not.
        scale = updates == 1 ? secondMoment : MEAN_DECAY * scale + (1 - MEAN_DECAY) * secondMoment;
        double[] moved = share.clone();
        double sum = 0;
        for (int k = low; k <= high; k++) {
            double g = scale > 0 ? gradient[k] / scale : 0;
            first[k] = BETA1 * first[k] + (1 - BETA1) * g;
            second[k] = BETA2 * second[k] + (1 - BETA2) * g * g;
            double m = first[k] / (1 - Math.pow(BETA1, updates));
            double v = second[k] / (1 - Math.pow(BETA2, updates));
            moved[k] *= Math.exp(-learningRate * m / (Math.sqrt(v) + 1e-8));
            sum += moved[k];
        }
        for (int k = low; k <= high; k++) {
            moved[k] *= active / sum;
        }
        set(floored(moved));
    }

    /**
     * Spaces the time anew by the running losses; a cell that was never drawn counts as the nearest one that was. Does nothing
     * for {@link #leastVariance}.
     */
    public void respace() {
        if (learningRate > 0 || Arrays.stream(mean).allMatch(m -> m == 0)) {
            return;
        }
        double[] shares = new double[CELLS];
        for (int k = 0; k < CELLS; k++) {
            shares[k] = nearestMean(k);
        }
        set(floored(shares));
    }

    private double nearestMean(int k) {
        for (int distance = 0; distance < CELLS; distance++) {
            if (k - distance >= 0 && mean[k - distance] > 0) {
                return mean[k - distance];
            }
            if (k + distance < CELLS && mean[k + distance] > 0) {
                return mean[k + distance];
            }
        }
        throw new AssertionError("a cell was drawn");
    }

    /** The state as JSON, for {@link #restore}; all that a sampler needs too. */
    public ObjectNode state() {
        ObjectNode state = JsonNodeFactory.instance.objectNode();
        state.put("updates", updates);
        state.put("scale", scale);
        state.set("share", array(share));
        state.set("mean", array(mean));
        state.set("first", array(first));
        state.set("second", array(second));
        return state;
    }

    private static ArrayNode array(double[] values) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (double value : values) {
            array.add(value);
        }
        return array;
    }

    /**
     * Goes on from a state that {@link #state} returned.
     *
     * @throws IllegalArgumentException if it is not one of such a schedule
     */
    public void restore(JsonNode state) {
        double[] shares = values(state, "share");
        double sum = Arrays.stream(shares).sum();
        if (!(Math.abs(sum - 1) < 1e-6) || Arrays.stream(shares).anyMatch(p -> p <= 0)) {
            throw new IllegalArgumentException("the shares of a learned schedule must be above 0 and add up to 1");
        }
        copy(values(state, "mean"), mean);
        copy(values(state, "first"), first);
        copy(values(state, "second"), second);
        updates = state.path("updates").asLong();
        scale = state.path("scale").asDouble();
        set(shares);
    }

    private static void copy(double[] from, double[] to) {
        System.arraycopy(from, 0, to, 0, CELLS);
    }

    private static double[] values(JsonNode state, String key) {
        JsonNode array = state.path(key);
        if (array.size() != CELLS) {
            throw new IllegalArgumentException(
                    "not the state of a learned schedule: '" + key + "' must have " + CELLS + " numbers");
        }
        double[] values = new double[CELLS];
        for (int k = 0; k < CELLS; k++) {
            values[k] = array.get(k).asDouble(Double.NaN);
            if (!Double.isFinite(values[k])) {
                throw new IllegalArgumentException(
                        "not the state of a learned schedule: '" + key + "' has " + array.get(k));
            }
        }
        return values;
    }
}
