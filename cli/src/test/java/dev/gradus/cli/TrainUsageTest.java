package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.config.YamlWriter;
import dev.gradus.diffusion.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code gradus train} refuses before anything is begun. */
class TrainUsageTest {
    @TempDir
    private Path folder;

    /** Runs with a run folder that must not come into being. */
    private String refused(Object... more) {
        Path run = folder.resolve("run");
        Object[] args = new Object[more.length + 3];
        args[0] = "train";
        args[1] = "--run";
        args[2] = run;
        System.arraycopy(more, 0, args, 3, more.length);
        String line = Cli.run(args).fails(ExitCode.USAGE);
        assertFalse(Files.exists(run), "the run folder was made");
        return line;
    }

    @Test
    void anUnknownKey() throws Exception {
        assertEquals(
                "gradus train: --set: unknown key 'optimzer.lr'; did you mean 'optimizer.lr'?",
                refused("--set", "optimzer.lr=1"));
        Path file = Files.writeString(folder.resolve("my.yaml"), "steps: 3\nmodel:\n  block_out_channel: [8]\n");
        assertEquals(
                "gradus train: " + file
                        + ", line 3: unknown key 'model.block_out_channel'; did you mean 'model.blockOutChannels'?",
                refused("--config", file));
    }

    @Test
    void aBadValue() {
        assertEquals(
                "gradus train: --curriculum: curriculum.order is 'hard' but must be one of easy-to-hard, none,"
                        + " hard-to-easy, random",
                refused("--curriculum", "hard"));
        assertEquals(
                "gradus train: --precision: precision is 'fp8' but must be one of auto, fp32, bf16, fp16",
                refused("--precision=fp8"));
        assertEquals(
                "gradus train: --steps: steps is 'many' but must be a whole number up to 2147483647",
                refused("--steps", "many"));
        assertEquals("gradus train: --steps: steps: must be at least 1, is 0", refused("--steps", "0"));
        assertEquals(
                "gradus train: --device: device: must be auto, cpu, cuda or cuda:N, is gpu",
                refused("--device", "gpu"));
        assertEquals("gradus train: --threads: threads: must be from 0 to 4096, is -2", refused("--threads=-2"));
    }

    @Test
    void anUnknownPreset() {
        assertEquals(
                "gradus train: there is no preset 'fashion-minst'; did you mean 'fashion-mnist'?"
                        + " (presets: fashion-mnist, fashion-mnist-class, emoji)",
                refused("--preset", "fashion-minst"));
    }

    @Test
    void aMissingConfigurationFile() {
        Path file = folder.resolve("none.yaml");
        assertEquals("gradus train: " + file + ": there is no such file", refused("--config", file));
    }

    @Test
    void aMissingDataFolder() {
        Path data = folder.resolve("data");
        assertEquals(
                "gradus train: data.path: there is no file or folder " + data, refused("--set", "data.path=" + data));
    }

    @Test
    void aRunFolderThatHoldsSomethingElse() throws Exception {
        Path file = Files.writeString(folder.resolve("thesis.tex"), "years of work");
        String line =
                Cli.run("train", "--preset", "fashion-mnist", "--run", folder).fails(ExitCode.USAGE);
        assertTrue(line.startsWith("gradus train: --run: folder " + folder + " holds thesis.tex"), line);
        assertEquals("years of work", Files.readString(file));
        assertEquals(1, folder.toFile().list().length);
    }

    @Test
    void aRunFolderThatIsAFile() throws Exception {
        Path file = Files.writeString(folder.resolve("run.txt"), "text");
        String line = Cli.run("train", "--run", file).fails(ExitCode.USAGE);
        assertTrue(line.startsWith("gradus train: --run: " + file + " is a file"), line);
        assertEquals("text", Files.readString(file));
    }

    @Test
    void aDryRunTellsWhatTrainingWouldBeAndWritesNothing() throws IOException {
        TinyRun.data(folder);
        Path run = folder.resolve("run");
        String out = Cli.run("train", "--dry-run", "--run", run, "--config", TinyRun.config(folder))
                .succeeds();
        assertFalse(Files.exists(run));
        assertTrue(out.contains("# parameters  network: "), out);
        assertTrue(out.contains("# data        24 images of 1 x 8 x 8"), out);
        assertTrue(out.contains("# epochs      6.0 steps each; "), out);
        assertTrue(out.matches("(?s).*# memory .* held .* for a step of 4 images.*"), out);
        // All of it is a configuration.
        Path again = Files.writeString(folder.resolve("again.yaml"), out);
        assertEquals(out, Cli.run("train", "--dry-run", "--config", again).succeeds());
    }

    @Test
    void everyPresetIsAConfigurationThatReadsBackEqual() {
        for (String name : Presets.NAMES) {
            TrainConfig config = RecordMapper.apply(TrainConfig.defaults(), new Settings().add(Presets.settings(name)));
            String yaml = YamlWriter.write(config, name);
            assertEquals(
                    config,
                    RecordMapper.apply(
                            TrainConfig.defaults(),
                            new Settings().add(ConfigVersion.upgrade(YamlReader.parse(yaml, "config.yaml")))));
        }
    }
}
