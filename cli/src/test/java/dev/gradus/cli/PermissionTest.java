package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files and folders that the user may not use. Root, who may use all, gives that up for these tests. */
class PermissionTest {
    private static final List<String> AS_ANY_USER =
            List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner");

    @TempDir
    private Path folder;

    private Path run;
    private List<String> prefix;
    private Path locked;

    @BeforeEach
    void train() throws Exception {
        boolean root = System.getProperty("user.name").equals("root");
        assumeTrue(!root || succeeds(AS_ANY_USER), "root without setpriv has all permissions");
        prefix = root ? AS_ANY_USER : List.of();
        TinyRun.data(folder);
        run = folder.resolve("run");
        Cli.run(TinyRun.train(folder, run, "--set", "checkpoint.every=3")).succeeds();
    }

    private static boolean succeeds(List<String> prefix) throws InterruptedException {
        try {
            String[] command = new String[prefix.size() + 1];
            prefix.toArray(command);
            command[prefix.size()] = "true";
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Takes permissions away until {@link #unlock}. */
    private void lock(Path path, String permissions) throws IOException {
        locked = path;
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    @AfterEach
    void unlock() throws IOException {
        if (locked != null) {
            String all = Files.isDirectory(locked) ? "rwxr-xr-x" : "rw-r--r--";
            Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString(all));
            locked = null;
        }
    }

    private void refused(int code, String message, Object... args) throws Exception {
        JavaProcess process = JavaProcess.start(folder, prefix, Map.of(), args);
        assertEquals(code, process.exitCode(), process.err());
        String last = process.err().lines().toList().getLast();
        assertEquals(message, last.replace(folder.toString(), "T").replaceAll("\\d+ MiB", "N MiB"));
    }

    private Object[] trainAnew(Path into) throws IOException {
        // Not written again, as it may be locked.
        return Files.exists(folder.resolve("tiny.yaml"))
                ? new Object[] {"train", "--config", folder.resolve("tiny.yaml"), "--run", into}
                : TinyRun.train(folder, into);
    }

    @Test
    void dataThatMayNotBeRead() throws Exception {
        Path images = folder.resolve("data/train-images-idx3-ubyte");
        lock(images, "---------");
        String file = "T/data/train-images-idx3-ubyte: cannot be read: no permission";
        refused(1, "gradus train: " + file, trainAnew(folder.resolve("new")));
        assertTrue(Files.notExists(folder.resolve("new")));
        unlock();
        lock(folder.resolve("data"), "---------");
        refused(1, "gradus train: data folder T/data: no permission to read it", trainAnew(folder.resolve("new")));
        assertTrue(Files.notExists(folder.resolve("new")));
    }

    @Test
    void configurationsThatMayNotBeRead() throws Exception {
        lock(folder.resolve("tiny.yaml"), "---------");
        refused(2, "gradus train: T/tiny.yaml: cannot be read: no permission", trainAnew(folder.resolve("new")));
        unlock();
        lock(run.resolve("config.yaml"), "---------");
        refused(
                2,
                "gradus sample: T/run/config.yaml: cannot be read: no permission",
                "sample",
                "--run",
                run,
                "--out",
                folder.resolve("x.png"));
    }

    @Test
    void foldersThatMayNotBeWrittenInto() throws Exception {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        lock(closed, "r-xr-xr-x");
        refused(1, "gradus train: no permission to use T/closed/run", trainAnew(closed.resolve("run")));
        refused(
                2,
                "gradus sample: --out: no permission to write into T/closed",
                "sample",
                "--run",
                run,
                "--out",
                closed.resolve("x.png"));
        refused(
                2,
                "gradus data pack: --out: no permission to write into T/closed",
                "data",
                "pack",
                folder.resolve("data"),
                "--size",
                8,
                "--out",
                closed.resolve("x.safetensors"));
    }

    @Test
    void aRunWhoseCheckpointsMayNotBeWrittenKeepsThem() throws Exception {
        lock(run.resolve("checkpoints"), "r-xr-xr-x");
        refused(
                1,
                "gradus train: checkpoint T/run/checkpoints/step-000008 could not be written: no permission (N MiB are"
                        + " free there); the checkpoints before it are untouched, and the same command goes on from the"
                        + " newest",
                "train",
                "--run",
                run,
                "--steps",
                8);
        assertEquals(
                6,
                RunFolder.stepOf(RunFolder.existing(run).newestWholeCheckpoint().orElseThrow()));
    }

    /** It is not damaged: nothing may be moved away or begun anew. */
    @Test
    void aCheckpointThatMayNotBeReadStaysWhereItIs() throws Exception {
        List<Path> before = RunFolder.existing(run).checkpoints();
        lock(before.getLast().resolve("random.safetensors"), "---------");
        String message = "T/run/checkpoints/step-000006/random.safetensors: cannot be read: no permission";
        refused(2, "gradus train: --run: " + message, "train", "--run", run, "--steps", 8);
        assertEquals(before, RunFolder.existing(run).checkpoints());
        unlock();
        lock(before.getLast(), "---------");
        refused(
                2,
                "gradus train: --run: T/run/checkpoints/step-000006: cannot be read: no permission",
                "train",
                "--run",
                run,
                "--steps",
                8);
        unlock();
        assertEquals(before, RunFolder.existing(run).checkpoints());
        assertTrue(Files.notExists(run.resolve("damaged")));
    }
}
