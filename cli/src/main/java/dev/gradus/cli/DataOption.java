package dev.gradus.cli;

import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.Value;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.DataException;
import dev.gradus.diffusion.data.Datasets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A word that names a data set: one that can be fetched, or a file or folder. */
final class DataOption {
    private DataOption() {}

    /** Puts what {@code --data} says on top of the settings; null: nothing. */
    static Settings apply(String value, Settings settings) {
        return apply("--data", value, settings);
    }

    /** The same for an option of another name. */
    static Settings apply(String option, String value, Settings settings) {
        if (value == null) {
            return settings;
        }
        if (published().map(ConfigNames::of).anyMatch(value::equals)) {
            Setting path = new Setting("data.path", new Value.Scalar("null", false), option);
            return settings.addOption(option, "data.format", value).add(List.of(path));
        }
        Path path = Path.of(value);
        if (!Files.exists(path)) {
            throw new UsageException(option + ": " + value + " is neither a file or folder nor a data set that can be"
                    + " fetched (" + published().map(ConfigNames::of).collect(Collectors.joining(", ")) + ")");
        }
        try {
            return settings.addOption(option, "data.format", ConfigNames.of(Datasets.format(path)))
                    .addOption(option, "data.path", value);
        } catch (DataException e) {
            throw new UsageException(option + ": " + e.getMessage(), e);
        }
    }

    /** The data sets that can be fetched. */
    static Stream<DataConfig.Format> published() {
        return Stream.of(DataConfig.Format.values()).filter(DataConfig.Format::published);
    }
}
