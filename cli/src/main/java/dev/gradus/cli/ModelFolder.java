package dev.gradus.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds out how the network in a folder was trained, for the folder itself only has the architecture and the weights. Known
 * are the run that the folder is a checkpoint of, and the {@code scheduler_config.json} of the diffusers library, beside the
 * model or in a sister folder {@code scheduler}. Without either it was, by assumption, as in the first paper: linear
 * betas and the prediction of the noise.
 */
final class ModelFolder {
    private static final List<Setting> ASSUMED =
            List.of(assumed("schedule.kind", "linear"), assumed("objective", "epsilon"));

    private ModelFolder() {}

    /** Settings under {@code schedule}, {@code objective} and {@code sampling}. */
    static List<Setting> settings(Path model) throws IOException {
        Path folder = model.toAbsolutePath().normalize();
        Path run = ancestor(folder, 3);
        if (run != null && Files.isRegularFile(run.resolve("config.yaml"))) {
            return ConfigVersion.read(run.resolve("config.yaml"));
        }
        for (Path place : List.of(folder, folder.resolveSibling("scheduler"))) {
            Path file = place.resolve("scheduler_config.json");
            if (Files.isRegularFile(file)) {
                return fromJson(file);
            }
        }
        return ASSUMED;
    }

    private static List<Setting> fromJson(Path file) throws IOException {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(file.toFile());
        } catch (JacksonException e) {
            throw new IOException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
        List<Setting> settings = new ArrayList<>(ASSUMED);
        copy(json, "num_train_timesteps", "schedule.timesteps", file, settings);
        copy(json, "beta_start", "schedule.betaStart", file, settings);
        copy(json, "beta_end", "schedule.betaEnd", file, settings);
        translate(
                json,
                "beta_schedule",
                "schedule.kind",
                file,
                settings,
                "linear",
                "linear",
                "squaredcos_cap_v2",
                "cosine");
        translate(json, "prediction_type", "objective", file, settings, "epsilon", "epsilon", "v_prediction", "v");
        translate(
                json,
                "timestep_spacing",
                "sampling.spacing",
                file,
                settings,
                "leading",
                "leading",
                "trailing",
                "trailing");
        JsonNode clip = json.path("clip_sample");
        if (clip.isBoolean()) {
            double range = clip.booleanValue() ? json.path("clip_sample_range").asDouble(1) : 0;
            settings.add(setting("sampling.clip", String.valueOf(range), file));
        }
        return settings;
    }

    private static void copy(JsonNode json, String name, String key, Path file, List<Setting> settings) {
        if (json.path(name).isNumber()) {
            settings.add(setting(key, json.path(name).asText(), file));
        }
    }

    /** {@code words}: pairs of their word and ours. */
    private static void translate(
            JsonNode json, String name, String key, Path file, List<Setting> settings, String... words)
            throws IOException {
        if (!json.has(name)) {
            return;
        }
        String theirs = json.path(name).asText();
        for (int i = 0; i < words.length; i += 2) {
            if (words[i].equals(theirs)) {
                settings.add(setting(key, words[i + 1], file));
                return;
            }
        }
        throw new IOException(file + ": " + name + " is '" + theirs + "', which is not supported");
    }

    private static Path ancestor(Path path, int generations) {
        Path ancestor = path;
        for (int i = 0; i < generations && ancestor != null; i++) {
            ancestor = ancestor.getParent();
        }
        return ancestor;
    }

    private static Setting setting(String key, String value, Path file) {
        return Setting.option(file.toString(), key, value);
    }

    private static Setting assumed(String key, String value) {
        return Setting.option("assumed", key, value);
    }
}
