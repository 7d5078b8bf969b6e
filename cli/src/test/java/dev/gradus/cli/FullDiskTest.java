package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.diffusion.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is really full: a small one in memory, which a name space of its own lets any user mount. */
class FullDiskTest {
    /** Mounts the disk, runs the command, and copies what is on the disk to a place that outlives it. */
    private static final String ON_A_SMALL_DISK =
            "mount -t tmpfs -o size=$0k tmpfs \"$1\" || exit 99; disk=$1; copy=$2; shift 2; \"$@\"; code=$?;"
                    + " cp -a \"$disk/run\" \"$copy\"; exit $code";

    @TempDir
    private Path folder;

    private static boolean canMount() throws Exception {
        // By a shell, which answers 127 where there is no such program.
        return new ProcessBuilder("sh", "-c", "unshare -rm mount -t tmpfs tmpfs /mnt")
                        .start()
                        .waitFor()
                == 0;
    }

    @Test
    void aFullDiskStopsTheRunWithTheLastGoodCheckpointWhole() throws Exception {
        assumeTrue(canMount());
        TinyRun.data(folder);
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path copy = folder.resolve("copy");
        JavaProcess training = JavaProcess.start(
                folder,
                List.of("unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "1500", disk.toString(), copy.toString()),
                Map.of(),
                TinyRun.train(folder, disk.resolve("run"), "--steps", 60, "--set", "checkpoint.every=2"));
        assertEquals(ExitCode.FAILED, training.exitCode(), training.err());
        String last = training.err().lines().toList().getLast();
        assertTrue(
                last.matches("gradus train: checkpoint .* could not be written: .*(0 MiB are free|the disk is full|not"
                        + " enough).*"),
                last);
        assertTrue(last.contains("the checkpoints before it are untouched"), last);

        RunFolder run = RunFolder.existing(copy);
        assertTrue(run.checkpoints().size() > 1, run.checkpoints().toString());
        assertEquals(run.newestCheckpoint(), run.newestWholeCheckpoint());
        long step = RunFolder.stepOf(run.newestCheckpoint().orElseThrow());
        Cli.run("train", "--run", copy, "--steps", step + 2).succeeds();
        assertEquals(step + 2, RunFolder.stepOf(run.newestWholeCheckpoint().orElseThrow()));
    }
}
