package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.cli.config.YamlWriter;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.interchange.Export;
import dev.gradus.diffusion.interchange.PipelineFolder;
import dev.gradus.diffusion.interchange.PipelineScheduler;
import dev.gradus.diffusion.model.ModelFolderException;
import dev.gradus.diffusion.model.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out how the network in a folder was trained, for the folder itself only has the architecture and the weights. Known
 * are what {@code gradus export} wrote beside it, the run that the folder is a checkpoint of, and the
 * {@code scheduler_config.json} of the diffusers library, in a pipeline, beside the model or in a sister folder
 * {@code scheduler}. Without either it was, by assumption, as in the first paper: linear
 * betas and the prediction of the noise.
 */
final class ModelFolder {
    private static final List<Setting> ASSUMED =
            List.of(assumed("schedule.kind", "linear"), assumed("objective", "epsilon"));

    private static final Set<String> LEARNT = Set.of("objective", "sigmaData");

    private ModelFolder() {}

    /** The folder of the network: in the folder of a pipeline, or the folder itself. */
    static Path network(Path model) throws IOException {
        return PipelineFolder.open(model).map(PipelineFolder::network).orElse(model);
    }

    /** Settings under {@code schedule}, {@code objective} and {@code sampling}. */
    static List<Setting> settings(Path model) throws IOException {
        Path folder = model.toAbsolutePath().normalize();
        Optional<PipelineFolder> pipeline = PipelineFolder.open(folder);
        if (pipeline.isPresent()) {
            return fromJson(pipeline.get().scheduler());
        }
        Path run = ancestor(folder, 3);
        for (Path place : run == null ? List.of(folder) : List.of(folder, run)) {
            if (Files.isRegularFile(place.resolve(Export.CONFIG))) {
                return ConfigVersion.read(place.resolve(Export.CONFIG));
            }
        }
        for (Path place : List.of(folder, folder.resolveSibling("scheduler"))) {
            Path file = place.resolve("scheduler_config.json");
            if (Files.isRegularFile(file)) {
                return fromJson(file);
            }
        }
        return ASSUMED;
    }

    /** The settings of a training that begins with a network: the network itself, its schedule and its objective. */
    static List<Setting> beginning(Path model) throws IOException {
        List<Setting> settings = new ArrayList<>();
        settings.add(Setting.option("--init", "init", model));
        TrainConfig of = TrainConfig.defaults().with("model", Network.configOf(network(model)));
        for (Setting setting : YamlReader.parse(YamlWriter.write(of, "the network"), "--init")) {
            if (setting.key().startsWith("model.")) {
                settings.add(new Setting(setting.key(), setting.value(), "--init"));
            }
        }
        for (Setting setting : settings(model)) {
            if (setting.key().startsWith("schedule.") || LEARNT.contains(setting.key())) {
                settings.add(setting);
            }
        }
        return settings;
    }

    private static List<Setting> fromJson(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ModelFolderException("the pipeline has no file " + file);
        }
        List<Setting> settings = new ArrayList<>();
        PipelineScheduler.settings(file)
                .forEach((key, value) -> settings.add(Setting.option(file.toString(), key, value)));
        return settings;
    }

    private static Path ancestor(Path path, int generations) {
        Path ancestor = path;
        for (int i = 0; i < generations && ancestor != null; i++) {
            ancestor = ancestor.getParent();
        }
        return ancestor;
    }

    private static Setting assumed(String key, String value) {
        return Setting.option("assumed", key, value);
    }
}
