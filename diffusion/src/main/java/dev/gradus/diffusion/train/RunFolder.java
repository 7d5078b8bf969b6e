package dev.gradus.diffusion.train;

import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.diffusion.internal.FolderLock;
import dev.gradus.diffusion.report.RunFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The folder of a training run:
 *
 * <pre>
 * config.yaml                        the whole configuration; its presence marks the folder as a run
 * metrics.jsonl                      one JSON object per logged step
 * stages.jsonl                       one JSON object per stage of the curriculum
 * machine.json                       what the run was trained on last
 * report.html                        a page that shows all this
 * samples/step-NNNNNN.png            pictures
 * charts/loss.png, charts/stages.png  the loss and the times that are drawn, over the steps
 * checkpoints/step-NNNNNN/model/     the weights, a UNet folder
 * checkpoints/step-NNNNNN/ema/       the averaged weights, a UNet folder
 * checkpoints/step-NNNNNN/state.json, optimizer.safetensors, random.safetensors, checksums.sha256
 * checkpoints/step-NNNNNN/ema-IMAGES/, power-DEVIATION/  further averages, as {@code ema}
 * snapshots/step-NNNNNN/             averages to make others from, one file each
 * averages/NAME/ema/                 averages that {@code gradus ema} made
 * tensorboard/                       events for TensorBoard, where they are asked for
 * damaged/step-NNNNNN/               checkpoints that were not as they had been written when a run was gone on with
 * </pre>
 *
 * Files and checkpoints are written to a temporary name, fsynced and renamed, so whatever carries its final name is
 * complete.
 */
public final class RunFolder {
    private static final Logger LOGGER = LogManager.getLogger(RunFolder.class);
    private static final String EVENTS = "tensorboard";
    private static final Set<String> PARTS = Set.of(
            "config.yaml",
            "metrics.jsonl",
            "stages.jsonl",
            "machine.json",
            "charts",
            "samples",
            "checkpoints",
            "snapshots",
            "averages",
            "damaged",
            EVENTS,
            "report.html",
            FolderLock.FILE);
    private static final Pattern CHECKPOINT = Pattern.compile("step-([0-9]{6,12})");

    private final Path path;
    private final boolean existed;

    private RunFolder(Path path, boolean existed) {
        this.path = path;
        this.existed = existed;
    }

    /**
     * Looks at {@code path} and changes nothing.
     *
     * @throws RunFolderException if it is there and is neither an empty folder nor the folder of a run
     */
    public static RunFolder open(Path path) throws IOException {
        if (!Files.exists(path)) {
            return new RunFolder(path, false);
        }
        if (!Files.isDirectory(path)) {
            throw new RunFolderException(path + " is a file, not a folder for a run; choose another one");
        }
        boolean empty = true;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!PARTS.contains(name) && !AtomicFiles.isTemporary(entry)) {
                    throw foreign(path, "holds " + name + ", which is no part of a run");
                }
                empty &= name.equals(FolderLock.FILE) || AtomicFiles.isTemporary(entry);
            }
        }
        if (!empty && !Files.isRegularFile(path.resolve("config.yaml"))) {
            throw foreign(path, "is not empty and has no config.yaml, so it is not a run");
        }
        return new RunFolder(path, !empty);
    }

    /**
     * The folder of a run, to read from it; what else is in it does not matter.
     *
     * @throws RunFolderException if there is no {@code config.yaml} in it
     */
    public static RunFolder existing(Path path) throws IOException {
        if (!Files.isRegularFile(path.resolve("config.yaml"))) {
            throw new RunFolderException(path + " is not the folder of a run: it has no config.yaml");
        }
        return new RunFolder(path, true);
    }

    private static RunFolderException foreign(Path path, String problem) {
        return new RunFolderException(
                "folder " + path + " " + problem + "; nothing was changed; choose a new or empty folder");
    }

    public Path path() {
        return path;
    }

    /** Whether the folder held a run when it was opened. */
    public boolean existed() {
        return existed;
    }

    public Path configFile() {
        return path.resolve("config.yaml");
    }

    public Path metricsFile() {
        return path.resolve("metrics.jsonl");
    }

    Path eventsFolder() {
        return path.resolve(EVENTS);
    }

    Path chart(String name) {
        return path.resolve("charts").resolve(name + ".png");
    }

    Path stagesFile() {
        return path.resolve("stages.jsonl");
    }

    Path machineFile() {
        return path.resolve("machine.json");
    }

    /** The page that shows the run, where it has been written. */
    public Path reportFile() {
        return path.resolve("report.html");
    }

    /** What a page about the run is made of. */
    public RunFiles files() throws IOException {
        String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        return new RunFiles(name, configFile(), metricsFile(), stagesFile(), machineFile(), pictures());
    }

    /** Where the picture made after {@code step} steps belongs. */
    public Path picture(long step) {
        return path.resolve("samples").resolve(name(step) + ".png");
    }

    /** Where the checkpoint made after {@code step} steps belongs. */
    public Path checkpoint(long step) {
        return path.resolve("checkpoints").resolve(name(step));
    }

    /** Where the snapshot of averages made after {@code step} steps belongs. */
    Path snapshot(long step) {
        return path.resolve("snapshots").resolve(name(step));
    }

    /** All snapshots of averages, in the order of their steps. */
    List<Path> snapshots() throws IOException {
        return numbered(path.resolve("snapshots"), "");
    }

    /** Deletes the snapshots of steps that will be run again. */
    void deleteSnapshotsAfter(long step) throws IOException {
        for (Path snapshot : snapshots()) {
            if (stepOf(snapshot) > step) {
                AtomicFiles.delete(snapshot);
            }
        }
    }

    /** The complete checkpoint with the highest step. Its UNet folders are {@code model} and {@code ema}. */
    public Optional<Path> newestCheckpoint() throws IOException {
        return newest(path.resolve("checkpoints"), "");
    }

    /**
     * The checkpoint with the highest step of which every file is as it was written, by {@code checksums.sha256}. Reads all of
     * that checkpoint.
     *
     * @param damaged gets each newer one that is not, and what is wrong with it
     * @throws RunFolderException if one is of a version that had no checksums
     */
    public Optional<Path> newestWholeCheckpoint(BiConsumer<Path, String> damaged) throws IOException {
        for (Path checkpoint : checkpoints().reversed()) {
            Optional<String> problem = Checksums.problem(checkpoint);
            if (problem.isEmpty()) {
                return Optional.of(checkpoint);
            }
            TrainingState.refuseOtherFormat(checkpoint);
            damaged.accept(checkpoint, problem.get());
        }
        return Optional.empty();
    }

    /** {@link #newestWholeCheckpoint(BiConsumer)} that logs a warning for each that is damaged. */
    public Optional<Path> newestWholeCheckpoint() throws IOException {
        return newestWholeCheckpoint(
                (checkpoint, problem) -> LOGGER.warn("checkpoint {} is damaged and not used: {}", checkpoint, problem));
    }

    /** Moves a damaged checkpoint out of the way of the one that will be written in its place. */
    void setAside(Path checkpoint) throws IOException {
        Path place = Files.createDirectories(path.resolve("damaged")).resolve(checkpoint.getFileName());
        AtomicFiles.delete(place);
        Files.move(checkpoint, place, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The picture with the highest step. */
    public Optional<Path> newestPicture() throws IOException {
        return newest(path.resolve("samples"), ".png");
    }

    /** All pictures, in the order of their steps. */
    public List<Path> pictures() throws IOException {
        return numbered(path.resolve("samples"), ".png");
    }

    /** All complete checkpoints, in the order of their steps. */
    public List<Path> checkpoints() throws IOException {
        return numbered(path.resolve("checkpoints"), "");
    }

    /** The step in the name of a checkpoint or picture. */
    public static long stepOf(Path checkpoint) {
        return Long.parseLong(checkpoint.getFileName().toString().replaceAll("[^0-9]", ""));
    }

    /**
     * Looks whether {@code config.yaml} can become {@code yaml}. One that this program wrote for a run that did not come to
     * its first line of metrics may be replaced.
     *
     * @throws RunFolderException if the folder holds a started run with another configuration and no checkpoint that
     *     {@link Trainer} could compare, or a file {@code config.yaml} that may be of something else
     */
    void checkConfig(String yaml) throws IOException {
        boolean started = Files.exists(metricsFile()) && Files.size(metricsFile()) > 0;
        boolean foreign = existed && !Files.exists(path.resolve(FolderLock.FILE));
        if ((started || foreign)
                && newestCheckpoint().isEmpty()
                && !Files.readString(configFile()).equals(yaml)) {
            throw new RunFolderException("folder " + path + " holds a run with another configuration (" + configFile()
                    + "); nothing was changed; choose another folder, or delete this one");
        }
    }

    /**
     * Writes {@code config.yaml}, which makes the folder one of a run, and makes the folders in it.
     *
     * @throws RunFolderException as {@link #checkConfig}
     */
    void writeConfig(String yaml) throws IOException {
        checkConfig(yaml);
        Files.createDirectories(path.resolve("samples"));
        Files.createDirectories(path.resolve("checkpoints"));
        AtomicFiles.file(configFile(), file -> Files.writeString(file, yaml));
    }

    /**
     * Makes the folder where needed, takes it for this process and clears what a killed process left half-written.
     *
     * @return close it to let the folder go
     * @throws RunFolderException if another process trains into the folder
     */
    Closeable acquire() throws IOException {
        Files.createDirectories(path);
        FolderLock lock = FolderLock.take(path)
                .orElseThrow(() -> new RunFolderException("another process trains into folder " + path
                        + "; wait for it to end, or choose another folder"));
        for (Path folder :
                new Path[] {path, path.resolve("samples"), path.resolve("checkpoints"), path.resolve("snapshots")}) {
            AtomicFiles.deleteLeftovers(folder);
        }
        return lock;
    }

    private static Optional<Path> newest(Path folder, String suffix) throws IOException {
        List<Path> all = numbered(folder, suffix);
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    private static List<Path> numbered(Path folder, String suffix) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.filter(entry -> {
                        String name = entry.getFileName().toString();
                        return name.endsWith(suffix)
                                && CHECKPOINT
                                        .matcher(name.substring(0, name.length() - suffix.length()))
                                        .matches();
                    })
                    .sorted(Comparator.comparingLong(RunFolder::stepOf))
                    .toList();
        }
    }

    private static String name(long step) {
        return String.format(Locale.ROOT, "step-%06d", step);
    }
}
