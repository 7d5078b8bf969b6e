package dev.gradus.cli;

import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.Value;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The option {@code --data}: the name of a data set, or a folder. */
final class DataOption {
    private DataOption() {}

    /** Puts what {@code value} says on top of the settings; null: nothing. */
    static Settings apply(String value, Settings settings) {
        if (value == null) {
            return settings;
        }
        List<String> names =
                Stream.of(DataConfig.Format.values()).map(ConfigNames::of).toList();
        if (names.contains(value) && !value.equals(ConfigNames.of(DataConfig.Format.IDX))) {
            Setting path = new Setting("data.path", new Value.Scalar("null", false), "--data");
            return settings.addOption("--data", "data.format", value).add(List.of(path));
        }
        if (!Files.isDirectory(Path.of(value))) {
            throw new UsageException("--data: " + value + " is neither a folder nor a data set that can be fetched"
                    + " (fashion-mnist)");
        }
        return settings.addOption("--data", "data.format", ConfigNames.of(DataConfig.Format.IDX))
                .addOption("--data", "data.path", value);
    }
}
