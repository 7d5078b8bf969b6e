package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The version of the keys of a training configuration, which a file may state as {@code version}. A file of an older version
 * is read with the names of today. One without a version is taken for one of today in which the old names are understood too.
 */
public final class ConfigVersion {
    /** The version of today; {@link YamlWriter} states it. */
    public static final int CURRENT = 2;

    /** The key that states the version of a file. */
    public static final String KEY = "version";

    /**
     * A key that got another name.
     *
     * @param since the first version with the new name
     */
    private record Renamed(int since, String from, String to) {}

    private static final List<Renamed> RENAMED = List.of(new Renamed(2, "checkpointEvery", "checkpoint.every"));

    private ConfigVersion() {}

    /** The settings of a configuration file with the names of today; see {@link YamlReader#read} and {@link #upgrade}. */
    public static List<Setting> read(Path file) {
        return upgrade(YamlReader.read(file));
    }

    /**
     * The settings of a file with the names of today, without its version.
     *
     * @throws UsageException if the version is none, or newer than {@link #CURRENT}, or a key is given under its old name and
     *     its new one
     */
    public static List<Setting> upgrade(List<Setting> file) {
        Optional<Setting> stated =
                file.stream().filter(setting -> setting.key().equals(KEY)).findFirst();
        int version = stated.map(ConfigVersion::number).orElse(0);
        List<Setting> upgraded = new ArrayList<>();
        for (Setting setting : file) {
            if (!setting.key().equals(KEY)) {
                upgraded.add(version == CURRENT ? setting : renamed(setting, version, file));
            }
        }
        return upgraded;
    }

    private static int number(Setting setting) {
        int version = (int) Convert.to(int.class, setting);
        if (version < 1) {
            throw new UsageException(setting.origin() + ": version: must be at least 1, is " + version);
        }
        if (version > CURRENT) {
            throw new UsageException(
                    setting.origin() + ": version: is " + version + ", but this Gradus knows versions up to " + CURRENT
                            + "; use a newer Gradus, or write the file anew with this one");
        }
        return version;
    }

    private static Setting renamed(Setting setting, int version, List<Setting> file) {
        for (Renamed renamed : RENAMED) {
            if (version < renamed.since() && setting.key().equals(renamed.from())) {
                if (file.stream().anyMatch(other -> other.key().equals(renamed.to()))) {
                    throw new UsageException(setting.origin() + ": '" + renamed.from() + "' is the old name of '"
                            + renamed.to() + "', which is given too; leave it out");
                }
                return new Setting(renamed.to(), setting.value(), setting.origin());
            }
        }
        return setting;
    }
}
