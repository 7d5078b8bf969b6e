package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.model.Network;
import dev.gradus.diffusion.text.TextEncoder;
import dev.gradus.diffusion.text.TransformerTextEncoder;
import dev.gradus.torch.DType;
import dev.gradus.torch.Linalg;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Makes averages of the weights of any length after a training, from the snapshots that it left: post-hoc EMA (Karras et al.,
 * "Analyzing and Improving the Training Dynamics of Diffusion Models", arXiv 2312.02696, section 3.2). The average that is asked
 * for is the combination of the snapshots whose profile over the steps comes closest to its own, in least squares.
 *
 * <pre>{@code
 * PostHocEma ema = PostHocEma.open(RunFolder.existing(run));
 * Path weights = ema.write(ema.ofDeviation(0.075, ema.lastStep())).weights();
 * }</pre>
 */
public final class PostHocEma {
    private final RunFolder run;
    private final List<Snapshot> snapshots;

    /** A file with an average, and what it is an average of. */
    record Snapshot(Path file, long step, double deviation) {
        PowerFunction profile() {
            return new PowerFunction(PowerFunction.gammaOf(deviation), step);
        }
    }

    /**
     * An average to be made.
     *
     * @param name of its folder
     * @param gamma the exponent of its profile, (gamma + 1) tau^gamma / step^(gamma + 1)
     * @param step at which it ends
     */
    public record Wanted(String name, double gamma, long step) {
        /** The standard deviation of its profile as a part of the steps. */
        public double deviation() {
            return PowerFunction.deviationOf(gamma);
        }
    }

    /**
     * What was made.
     *
     * @param weights a folder as {@link ImageGenerator#open} and {@code gradus sample --model} take it
     * @param error the distance between the profile that was asked for and the one that was made, relative to the first
     * @param snapshots how many went into it
     */
    public record Result(Path weights, double error, int snapshots) {}

    /**
     * The combination.
     *
     * @param factors of the snapshots
     * @param error as in {@link Result}
     */
    record Fit(double[] factors, double error) {}

    private PostHocEma(RunFolder run, List<Snapshot> snapshots) {
        this.run = run;
        this.snapshots = snapshots;
    }

    /**
     * Finds the snapshots of a run.
     *
     * @throws RunFolderException if it has none
     */
    public static PostHocEma open(RunFolder run) throws IOException {
        List<Snapshot> found = new ArrayList<>();
        for (Path folder : run.snapshots()) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString().replaceFirst("[.]safetensors$", "");
                    if (Averages.isPower(name)) {
                        found.add(new Snapshot(file, RunFolder.stepOf(folder), Averages.deviationOf(name)));
                    }
                }
            }
        }
        if (found.isEmpty()) {
            throw new RunFolderException("the run in " + run.path()
                    + " has no snapshots to make an average from; train with ema.power and ema.snapshotEvery, as"
                    + " --set ema.power=0.05,0.1 --set ema.snapshotEvery=500");
        }
        found.sort(Comparator.comparingLong(Snapshot::step).thenComparingDouble(Snapshot::deviation));
        return new PostHocEma(run, List.copyOf(found));
    }

    /** The step of the last snapshot. */
    public long lastStep() {
        return snapshots.getLast().step();
    }

    /**
     * The average with a power function profile of this width.
     *
     * @param deviation its standard deviation as a part of the steps, from 0.001 to below 0.2886; 0.1 is about the last fifth
     * @param step at which it ends
     * @throws IllegalArgumentException if there is no such average, or no snapshot up to the step
     */
    public Wanted ofDeviation(double deviation, long step) {
        if (!(deviation >= 1e-3 && deviation < PowerFunction.deviationOf(0))) {
            throw new IllegalArgumentException("the deviation must be from 0.001 to below 0.2886, is " + deviation);
        }
        return wanted("power-" + Averages.number(deviation), PowerFunction.gammaOf(deviation), step);
    }

    /**
     * The average with a power function profile, a half of whose weight is on the last images.
     *
     * @param images greater than 0 and below half of those of the training
     * @param imagesPerStep the run's batch size
     * @param step at which it ends
     * @throws IllegalArgumentException if there is no such average, or no snapshot up to the step
     */
    public Wanted ofHalfLife(double images, int imagesPerStep, long step) {
        double seen = (double) step * imagesPerStep;
        if (!(images > 0 && images < seen / 2)) {
            throw new IllegalArgumentException(
                    "the half-life must be greater than 0 and below " + Averages.number(seen / 2)
                            + ", half of the images of " + step + " steps, is " + Averages.number(images));
        }
        return wanted("half-life-" + Averages.number(images), PowerFunction.gammaOfHalfLife(images / seen), step);
    }

    private Wanted wanted(String kind, double gamma, long step) {
        if (step < snapshots.getFirst().step() || step > lastStep()) {
            throw new IllegalArgumentException("the step must be from "
                    + snapshots.getFirst().step() + " to " + lastStep() + ", where there are snapshots, is " + step);
        }
        return new Wanted("%s-step-%06d".formatted(kind, step), gamma, step);
    }

    /**
     * Makes an average and writes it into the folder {@code averages} of the run.
     *
     * @throws RunFolderException if the run has no whole checkpoint, which says what the network is
     */
    public Result write(Wanted wanted) throws IOException {
        Path checkpoint = checkpoint(wanted.step());
        List<Snapshot> used = snapshots.stream()
                .filter(snapshot -> snapshot.step() <= wanted.step())
                .toList();
        Fit fit = fit(used.stream().map(Snapshot::profile).toList(), new PowerFunction(wanted.gamma(), wanted.step()));
        Path folder = run.path().resolve("averages").resolve(wanted.name());
        Files.createDirectories(folder.getParent());
        AtomicFiles.delete(folder);
        AtomicFiles.folder(folder, temporary -> {
            try (TensorScope _ = TensorScope.open()) {
                write(temporary, checkpoint, sum(used, addingUpToOne(fit.factors())));
            }
            Checksums.write(temporary);
        });
        return new Result(folder.resolve(Averages.MAIN), fit.error(), used.size());
    }

    /** The whole checkpoint nearest to a step. */
    private Path checkpoint(long step) throws IOException {
        List<Path> nearest = run.checkpoints().stream()
                .sorted(Comparator.comparingLong(path -> Math.abs(RunFolder.stepOf(path) - step)))
                .toList();
        for (Path checkpoint : nearest) {
            if (Checksums.problem(checkpoint).isEmpty()) {
                return checkpoint;
            }
        }
        throw new RunFolderException("the run in " + run.path() + " has no whole checkpoint");
    }

    /** The factors that make the sum of profiles come closest to {@code wanted}: the normal equations of least squares. */
    static Fit fit(List<PowerFunction> profiles, PowerFunction wanted) {
        int n = profiles.size();
        double[] products = new double[n * n];
        double[] target = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                products[i * n + j] = profiles.get(i).dot(profiles.get(j));
            }
            target[i] = profiles.get(i).dot(wanted);
        }
        double[] factors;
        try (TensorScope _ = TensorScope.open()) {
            // By eigenvectors, without those that are rounding: profiles of neighbouring snapshots are almost the same.
            Tensor inverse = Linalg.pinv(Torch.fromArray(products, n, n), null, 1e-13, true);
            factors = inverse.matmul(Torch.fromArray(target, n)).toDoubleArray();
        }
        double square = wanted.dot(wanted);
        double left = square;
        for (int i = 0; i < n; i++) {
            left -= 2 * factors[i] * target[i];
            for (int j = 0; j < n; j++) {
                left += factors[i] * factors[j] * products[i * n + j];
            }
        }
        return new Fit(factors, Math.sqrt(Math.max(0, left) / square));
    }

    /**
     * Gives what the factors lack of 1 to the last snapshot (ours). They do not add up to 1 exactly, which would scale the
     * weights, and that is a larger error than the one of the profile, for the weights are larger than their differences.
     */
    private static double[] addingUpToOne(double[] factors) {
        double[] whole = factors.clone();
        whole[whole.length - 1] += 1 - Arrays.stream(factors).sum();
        return whole;
    }

    /** In float64, for the factors have both signs; in the current scope. */
    private static Map<String, Tensor> sum(List<Snapshot> snapshots, double[] factors) throws IOException {
        Map<String, Tensor> sums = new LinkedHashMap<>();
        for (int i = 0; i < factors.length; i++) {
            double factor = factors[i];
            try (TensorScope scope = TensorScope.open()) {
                SafeTensors.load(snapshots.get(i).file()).forEach((name, tensor) -> {
                    Tensor part = tensor.to(DType.FLOAT64).mul(factor);
                    Tensor sum = sums.get(name);
                    if (sum == null) {
                        sums.put(name, scope.promote(part));
                    } else {
                        sum.add_(part);
                    }
                });
            }
        }
        sums.replaceAll((_, sum) -> sum.to(DType.FLOAT32));
        return sums;
    }

    /** Lays it out as a checkpoint is, so that it is found out what it belongs to. */
    private static void write(Path folder, Path checkpoint, Map<String, Tensor> weights) throws IOException {
        Path network = folder.resolve(Averages.MAIN);
        Path like = checkpoint.resolve(Averages.MAIN);
        try (Network model = Network.load(like)) {
            Network.save(network, model.config(), Conditioner.ofNetwork(weights));
        }
        for (Path text : List.of(like, checkpoint)) {
            Path encoder = text.resolve(ImageGenerator.TEXT_ENCODER);
            if (!Files.isDirectory(encoder)) {
                continue;
            }
            try (TextEncoder loaded = TextEncoder.load(encoder)) {
                if (loaded instanceof TransformerTextEncoder trained) {
                    TransformerTextEncoder.save(
                            network.resolve(ImageGenerator.TEXT_ENCODER),
                            trained.config(),
                            trained.vocabulary(),
                            Conditioner.ofText(weights));
                } else {
                    loaded.save(folder.resolve(ImageGenerator.TEXT_ENCODER));
                }
            }
        }
        JsonNode state = TrainingState.readJson(checkpoint);
        Files.writeString(folder.resolve(TrainingState.JSON_FILE), state.toPrettyString());
    }
}
