package dev.gradus.diffusion.interchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigNames;
import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.config.SamplingConfig.Variance;
import dev.gradus.diffusion.config.ScheduleConfig;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.config.TrainConfig.Objective;
import dev.gradus.diffusion.internal.ConfigFields;
import dev.gradus.diffusion.internal.JsonFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The {@code scheduler_config.json} of diffusers' {@code DDPMScheduler} and {@code DDIMScheduler}. */
public final class PipelineScheduler {
    private static final Map<ScheduleConfig.Kind, String> BETAS = new EnumMap<>(Map.of(
            ScheduleConfig.Kind.LINEAR, "linear",
            ScheduleConfig.Kind.SCALED_LINEAR, "scaled_linear",
            ScheduleConfig.Kind.COSINE, "squaredcos_cap_v2"));
    private static final Map<Objective, String> PREDICTIONS =
            new EnumMap<>(Map.of(Objective.EPSILON, "epsilon", Objective.X0, "sample", Objective.V, "v_prediction"));
    private static final Map<Spacing, String> SPACINGS = new EnumMap<>(
            Map.of(Spacing.LEADING, "leading", Spacing.TRAILING, "trailing", Spacing.LINSPACE, "linspace"));
    private static final Map<Variance, String> VARIANCES =
            new EnumMap<>(Map.of(Variance.SMALL, "fixed_small", Variance.LARGE, "fixed_large"));

    private static final Set<String> KEYS = Set.of(
            ConfigFields.CLASS_NAME,
            "num_train_timesteps",
            "beta_start",
            "beta_end",
            "beta_schedule",
            "prediction_type",
            "timestep_spacing",
            "clip_sample",
            "clip_sample_range",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "variance_type",
            // Of old versions, without a meaning for the values.
            "tensor_format");

    /** Options for which this library knows one value. */
    private static final Map<String, JsonNode> FIXED = Map.of(
            "trained_betas", JsonNodeFactory.instance.nullNode(),
            "timestep_values", JsonNodeFactory.instance.nullNode(),
            "rescale_betas_zero_snr", JsonNodeFactory.instance.booleanNode(false),
            "predict_epsilon", JsonNodeFactory.instance.booleanNode(true),
            "set_alpha_to_one", JsonNodeFactory.instance.booleanNode(true),
            "steps_offset", JsonNodeFactory.instance.numberNode(0));

    private PipelineScheduler() {}

    /** diffusers' schedulers that can be read and written, each with the pipeline that uses it. */
    enum Kind {
        DDPM(SamplingConfig.Kind.DDPM),
        DDIM(SamplingConfig.Kind.DDIM);

        private final SamplingConfig.Kind sampler;

        Kind(SamplingConfig.Kind sampler) {
            this.sampler = sampler;
        }

        String scheduler() {
            return name() + "Scheduler";
        }

        String pipeline() {
            return name() + "Pipeline";
        }

        /** The one that walks as a sampler does. */
        static Kind of(SamplingConfig config) {
            for (Kind kind : values()) {
                if (kind.sampler == config.sampler()) {
                    return kind;
                }
            }
            throw new ConfigException(
                    "sampling.sampler",
                    "the pipelines of diffusers know ddpm and ddim, not " + ConfigNames.of(config.sampler()));
        }
    }

    /**
     * What a file says, as keys of {@link TrainConfig} and their values in the spelling of configuration files.
     *
     * @throws ConfigException naming the first key, as spelled in the file, that is unknown or has a value that is not supported
     * @throws IOException if it cannot be read
     */
    public static Map<String, String> settings(Path file) throws IOException {
        return JsonFiles.read(file, PipelineScheduler::settings);
    }

    private static Map<String, String> settings(JsonNode json) {
        ConfigFields fields = ConfigFields.of(json);
        Kind kind = kind(fields);
        fields.check(kind.scheduler(), KEYS, FIXED);
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("sampling.sampler", ConfigNames.of(kind.sampler));
        settings.put("schedule.kind", ours(fields, "beta_schedule", "linear", BETAS));
        settings.put("schedule.timesteps", String.valueOf(fields.integer("num_train_timesteps", 1000)));
        settings.put("schedule.betaStart", String.valueOf(fields.number("beta_start", 1e-4)));
        settings.put("schedule.betaEnd", String.valueOf(fields.number("beta_end", 0.02)));
        settings.put("objective", ours(fields, "prediction_type", "epsilon", PREDICTIONS));
        settings.put("sampling.spacing", ours(fields, "timestep_spacing", "leading", SPACINGS));
        double clip = fields.truth("clip_sample", true) ? fields.number("clip_sample_range", 1) : 0;
        settings.put("sampling.clip", String.valueOf(clip));
        if (fields.truth("thresholding", false)) {
            settings.put(
                    "sampling.threshold.quantile", String.valueOf(fields.number("dynamic_thresholding_ratio", 0.995)));
            settings.put("sampling.threshold.max", String.valueOf(fields.number("sample_max_value", 1)));
        }
        if (kind == Kind.DDPM) {
            settings.put("sampling.variance", variance(fields));
        }
        checkWalk(
                kind,
                settings.get("sampling.spacing"),
                ConfigNames.of(Variance.LARGE).equals(settings.get("sampling.variance")),
                "timestep_spacing");
        return settings;
    }

    private static Kind kind(ConfigFields fields) {
        JsonNode name = fields.raw(ConfigFields.CLASS_NAME);
        for (Kind kind : Kind.values()) {
            if (name == null || kind.scheduler().equals(name.asText())) {
                return kind;
            }
        }
        throw new ConfigException(
                ConfigFields.CLASS_NAME,
                "only DDPMScheduler and DDIMScheduler are supported, is " + name.asText()
                        + "; either one's from_config makes another of it");
    }

    /** The logarithm in {@code fixed_small_log} is taken back where it is used. */
    private static String variance(ConfigFields fields) {
        JsonNode value = fields.raw("variance_type");
        return value != null && value.asText().equals("fixed_small_log")
                ? ConfigNames.of(Variance.SMALL)
                : ours(fields, "variance_type", "fixed_small", VARIANCES);
    }

    private static <E extends Enum<E>> String ours(
            ConfigFields fields, String key, String absent, Map<E, String> words) {
        JsonNode value = fields.raw(key);
        String word = value == null ? absent : value.asText();
        for (Map.Entry<E, String> entry : words.entrySet()) {
            if (entry.getValue().equals(word)) {
                return ConfigNames.of(entry.getKey());
            }
        }
        throw new ConfigException(
                key,
                "'" + word + "' is not supported, only "
                        + words.values().stream().map(w -> "'" + w + "'").collect(Collectors.joining(", ")));
    }

    /** Two walks of diffusers end otherwise than they are meant to; what they would draw is not drawn here. */
    private static void checkWalk(Kind kind, String spacing, boolean large, String key) {
        if (kind == Kind.DDIM && spacing.equals("linspace")) {
            throw new ConfigException(
                    key,
                    "linspace is not supported for DDIMScheduler, whose steps then do not end where the next begin");
        }
        if (kind == Kind.DDPM && large && spacing.equals("trailing")) {
            throw new ConfigException(
                    key, "trailing is not supported with fixed_large, where DDPMScheduler adds noise in the last step");
        }
    }

    /**
     * The content of a {@code scheduler_config.json}.
     *
     * @throws ConfigException naming the first key that diffusers has no counterpart for
     */
    static ObjectNode write(TrainConfig config) {
        SamplingConfig sampling = config.sampling();
        ScheduleConfig schedule = config.schedule();
        Kind kind = Kind.of(sampling);
        if (schedule.learned() != ScheduleConfig.Learned.NONE) {
            throw new ConfigException(
                    "schedule.learned",
                    "diffusers has no schedule that is learned, is " + ConfigNames.of(schedule.learned()));
        }
        boolean large = kind == Kind.DDPM && sampling.variance() == Variance.LARGE;
        checkWalk(kind, ConfigNames.of(sampling.stops()), large, "sampling.spacing");
        Map<String, JsonNode> sorted = new TreeMap<>(FIXED);
        sorted.remove("timestep_values");
        sorted.remove("predict_epsilon");
        ObjectNode own = JsonNodeFactory.instance.objectNode();
        own.put("num_train_timesteps", schedule.timesteps());
        own.put("beta_start", schedule.betaStart());
        own.put("beta_end", schedule.betaEnd());
        own.put("beta_schedule", theirs("schedule.kind", schedule.kind(), BETAS));
        own.put("prediction_type", theirs("objective", config.objective(), PREDICTIONS));
        own.put("timestep_spacing", theirs("sampling.spacing", sampling.stops(), SPACINGS));
        own.put("clip_sample", sampling.clip() > 0);
        own.put("clip_sample_range", sampling.clip() > 0 ? sampling.clip() : 1);
        boolean thresholding = sampling.threshold().quantile() > 0;
        own.put("thresholding", thresholding);
        own.put(
                "dynamic_thresholding_ratio",
                thresholding ? sampling.threshold().quantile() : 0.995);
        own.put("sample_max_value", thresholding ? sampling.threshold().max() : 1);
        if (kind == Kind.DDPM) {
            sorted.remove("set_alpha_to_one");
            own.put("variance_type", VARIANCES.get(sampling.variance()));
        }
        own.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.put(ConfigFields.CLASS_NAME, kind.scheduler());
        out.put(ConfigFields.VERSION, ConfigFields.DIFFUSERS);
        sorted.forEach(out::set);
        return out;
    }

    private static <E extends Enum<E>> String theirs(String key, E value, Map<E, String> words) {
        String word = words.get(value);
        if (word == null) {
            throw new ConfigException(
                    key,
                    "diffusers' pipelines know "
                            + words.keySet().stream().map(ConfigNames::of).collect(Collectors.joining(", ")) + ", not "
                            + ConfigNames.of(value));
        }
        return word;
    }
}
