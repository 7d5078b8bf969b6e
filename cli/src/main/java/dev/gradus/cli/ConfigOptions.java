package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.diffusion.config.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that make up a configuration: defaults, then a preset, a file and single keys. */
final class ConfigOptions {
    @Option(names = "--preset", paramLabel = "NAME", description = "Start from a preset ('gradus presets' lists them).")
    private String preset;

    @Option(names = "--config", paramLabel = "FILE.yaml", description = "Read settings from a YAML file.")
    private Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set one key, as in --set optimizer.lr=1e-3. Can be repeated.")
    private List<String> set = new ArrayList<>();

    /**
     * What the options say, in layers.
     *
     * @param afterPreset what comes on top of the preset and below what else the user says
     */
    Settings settings(List<Setting> afterPreset) {
        Settings settings = new Settings();
        if (preset != null) {
            settings.add(Presets.settings(preset));
        }
        settings.add(afterPreset);
        if (config != null) {
            settings.add(ConfigVersion.read(config));
        }
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        return settings;
    }

    /** The single keys on top of a file, where {@link #isGiven} says that the options name none. */
    Settings settingsOver(Path saved) {
        Settings settings = new Settings().add(ConfigVersion.read(saved));
        set.forEach(pair -> settings.add(YamlReader.parsePair(pair)));
        return settings;
    }

    /** Whether there is a preset or a file. */
    boolean isGiven() {
        return preset != null || config != null;
    }

    /** What to call a run: the preset, else the file. */
    String name() {
        if (preset != null) {
            return preset;
        }
        return config == null ? "train" : config.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    }

    /**
     * The configuration.
     *
     * @throws UsageException if a key or a value is wrong
     */
    TrainConfig resolve() {
        return RecordMapper.apply(TrainConfig.defaults(), settings(List.of()));
    }
}
