package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.diffusion.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The configurations that come with Gradus: files {@code presets/NAME.yaml} beside this class. */
final class Presets {
    /** All names. */
    static final List<String> NAMES = List.of("fashion-mnist", "fashion-mnist-class", "emoji");

    private Presets() {}

    /**
     * The settings of a preset.
     *
     * @throws UsageException if there is none of that name
     */
    static List<Setting> settings(String name) {
        return ConfigVersion.upgrade(YamlReader.parse(text(name), "preset " + name));
    }

    /** What a preset is for, how long it takes, and what comes out: the comments in its first lines. */
    static List<String> description(String name) {
        return text(name)
                .lines()
                .takeWhile(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#\\s*", ""))
                .toList();
    }

    /** The YAML of a preset. */
    static String text(String name) {
        if (!NAMES.contains(name)) {
            throw new UsageException("there is no preset '" + name + "'" + Nearest.hint(name, NAMES) + " (presets: "
                    + String.join(", ", NAMES) + ")");
        }
        try (InputStream in = Presets.class.getResourceAsStream("presets/" + name + ".yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
