package dev.gradus.cli;

import dev.gradus.cli.config.ConfigVersion;
import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Setting;
import dev.gradus.cli.config.Settings;
import dev.gradus.cli.config.Value;
import dev.gradus.cli.config.YamlReader;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.eval.Metric;
import dev.gradus.diffusion.experiment.ExperimentPlan;
import dev.gradus.diffusion.experiment.ScoringConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The YAML file of an experiment:
 *
 * <pre>
 * name: curriculum on Fashion-MNIST
 * preset: fashion-mnist          # what all arms start from
 * set:                           # and what they change of it, as in --config
 *   steps: 600
 * arms:
 *   vanilla: {curriculum.order: none}
 *   easy-to-hard: {}
 * baseline: vanilla
 * seeds: [0, 1, 2]
 * scoring: {every: 150, count: 1000, seed: 0, metrics: [fid, kid]}
 * </pre>
 */
final class ExperimentFile {
    private static final String ARMS = "arms.";
    private static final String SET = "set.";

    /** See {@link ScoringConfig}. */
    public record Scoring(int every, int count, long seed, List<String> metrics) {}

    /** The keys with fixed names. */
    public record Head(String name, String preset, String baseline, List<Long> seeds, Scoring scoring) {}

    private ExperimentFile() {}

    /**
     * Reads a plan.
     *
     * @param steps training steps for every arm instead of those in the file; null to keep them
     * @throws UsageException if the file is not one, naming the line
     */
    static ExperimentPlan read(Path file, String steps) {
        Settings head = new Settings();
        List<Setting> base = new ArrayList<>();
        Map<String, List<Setting>> arms = new LinkedHashMap<>();
        for (Setting setting : YamlReader.read(file)) {
            if (setting.key().startsWith(SET)) {
                base.add(new Setting(setting.key().substring(SET.length()), setting.value(), setting.origin()));
            } else if (setting.key().startsWith(ARMS)) {
                String[] parts = setting.key().substring(ARMS.length()).split("\\.", 2);
                if (!ExperimentPlan.Arm.isName(parts[0])) {
                    throw new UsageException(setting.origin() + ": '" + setting.key() + "' does not begin with '" + ARMS
                            + "' and the name of an arm: up to 64 letters, digits, '-' and '_', because it becomes the"
                            + " name of a folder");
                }
                List<Setting> arm = arms.computeIfAbsent(parts[0], name -> new ArrayList<>());
                if (parts.length > 1) {
                    arm.add(new Setting(parts[1], setting.value(), setting.origin()));
                } else if (!isEmpty(setting.value())) {
                    throw new UsageException(setting.origin() + ": the arm '" + parts[0]
                            + "' must hold keys and values, as in 'curriculum.order: none', or {} to change nothing");
                }
            } else if (setting.key().equals("arms") || setting.key().equals("set")) {
                if (!isEmpty(setting.value())) {
                    throw new UsageException(
                            setting.origin() + ": '" + setting.key() + "' must hold keys and values, not a single one");
                }
            } else {
                head.add(List.of(setting));
            }
        }
        String stem = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
        ScoringConfig scoring = ScoringConfig.defaults();
        Head read = RecordMapper.apply(
                new Head(
                        stem,
                        null,
                        arms.isEmpty() ? null : arms.keySet().iterator().next(),
                        List.of(0L),
                        new Scoring(
                                scoring.every(),
                                scoring.count(),
                                scoring.seed(),
                                scoring.metrics().stream().map(Metric::key).toList())),
                head);
        try {
            return new ExperimentPlan(
                    read.name(),
                    arms.entrySet().stream()
                            .map(arm -> new ExperimentPlan.Arm(
                                    arm.getKey(), config(read.preset(), base, arm.getValue(), steps)))
                            .toList(),
                    read.seeds(),
                    read.baseline(),
                    scoring(read.scoring()));
        } catch (UsageException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new UsageException(file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isEmpty(Value value) {
        return value instanceof Value.Scalar scalar && scalar.isNull();
    }

    private static TrainConfig config(String preset, List<Setting> base, List<Setting> arm, String steps) {
        Settings settings = new Settings();
        if (preset != null) {
            settings.add(Presets.settings(preset));
        }
        settings.add(ConfigVersion.upgrade(base))
                .add(ConfigVersion.upgrade(arm))
                .addOption("--steps", "steps", steps);
        return RecordMapper.apply(TrainConfig.defaults(), settings);
    }

    private static ScoringConfig scoring(Scoring read) {
        List<Metric> metrics = read.metrics().stream()
                .map(key -> Metric.of(key)
                        .orElseThrow(() -> new IllegalArgumentException("scoring.metrics: there is no metric '" + key
                                + "'; there are "
                                + Arrays.stream(Metric.values())
                                        .map(Metric::key)
                                        .collect(Collectors.joining(", ")))))
                .toList();
        return new ScoringConfig(read.every(), read.count(), read.seed(), metrics);
    }
}
