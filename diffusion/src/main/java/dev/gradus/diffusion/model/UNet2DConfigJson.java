package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.internal.ConfigFields;
import dev.gradus.diffusion.model.UNet2DConfig.TimeScaleShift;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** {@link UNet2DConfig} as the {@code config.json} of diffusers' {@code UNet2DModel} or {@code UNet2DConditionModel}. */
final class UNet2DConfigJson {
    private static final Set<String> KEYS = Set.of(
            "sample_size",
            "in_channels",
            "out_channels",
            "center_input_sample",
            "freq_shift",
            "flip_sin_to_cos",
            "down_block_types",
            "up_block_types",
            "block_out_channels",
            "layers_per_block",
            "downsample_padding",
            "dropout",
            "attention_head_dim",
            "norm_num_groups",
            "norm_eps",
            "resnet_time_scale_shift",
            "num_class_embeds",
            "null_class_embed");

    /** What is particular to one of diffusers' two classes. */
    private enum Kind {
        PLAIN("UNet2DModel", Set.of("add_attention"), UNet2DConfig.defaults()),
        TEXT("UNet2DConditionModel", Set.of("cross_attention_dim"), UNet2DConfig.textDefaults());

        private final String className;
        private final Set<String> keys = new HashSet<>(KEYS);
        private final UNet2DConfig defaults;
        /** Options of diffusers for which this implementation knows one value. */
        private final Map<String, JsonNode> fixed = new TreeMap<>();

        Kind(String className, Set<String> ownKeys, UNet2DConfig defaults) {
            this.className = className;
            this.defaults = defaults;
            keys.addAll(ownKeys);
            fix(ConfigFields.CLASS_NAME, className);
            fix("act_fn", "silu");
            fix("class_embed_type", null);
            fix("mid_block_scale_factor", 1);
            fix("time_embedding_dim", null);
            fix("time_embedding_type", "positional");
        }

        static {
            PLAIN.fix("attn_norm_num_groups", null);
            PLAIN.fix("downsample_type", "conv");
            PLAIN.fix("mid_block_type", "UNetMidBlock2D");
            PLAIN.fix("num_train_timesteps", null);
            PLAIN.fix("upsample_type", "conv");

            for (String absent : List.of(
                    "addition_embed_type",
                    "addition_time_embed_dim",
                    "cross_attention_norm",
                    "encoder_hid_dim",
                    "encoder_hid_dim_type",
                    "mid_block_only_cross_attention",
                    "num_attention_heads",
                    "projection_class_embeddings_input_dim",
                    "reverse_transformer_layers_per_block",
                    "time_cond_proj_dim",
                    "time_embedding_act_fn",
                    "timestep_post_act")) {
                TEXT.fix(absent, null);
            }
            for (String off : List.of(
                    "class_embeddings_concat",
                    "dual_cross_attention",
                    "only_cross_attention",
                    "resnet_skip_time_act",
                    "upcast_attention",
                    "use_linear_projection")) {
                TEXT.fix(off, false);
            }
            TEXT.fix("addition_embed_type_num_heads", 64);
            TEXT.fix("attention_type", "default");
            TEXT.fix("conv_in_kernel", 3);
            TEXT.fix("conv_out_kernel", 3);
            TEXT.fix("mid_block_type", "UNetMidBlock2DCrossAttn");
            TEXT.fix("resnet_out_scale_factor", 1.0);
            TEXT.fix("transformer_layers_per_block", 1);
        }

        private void fix(String key, Object value) {
            JsonNodeFactory nodes = JsonNodeFactory.instance;
            fixed.put(
                    key,
                    switch (value) {
                        case null -> nodes.nullNode();
                        case String text -> nodes.textNode(text);
                        case Boolean truth -> nodes.booleanNode(truth);
                        case Integer number -> nodes.numberNode(number);
                        default -> nodes.numberNode((Double) value);
                    });
        }
    }

    private final ConfigFields fields;
    private final Kind kind;

    private UNet2DConfigJson(ConfigFields fields, Kind kind) {
        this.fields = fields;
        this.kind = kind;
    }

    /** Whether this is the class name of a UNet. */
    static boolean isClassName(String name) {
        return name.equals(Kind.PLAIN.className) || name.equals(Kind.TEXT.className);
    }

    static ObjectNode write(UNet2DConfig c) {
        Kind kind = c.crossAttentionDim() == null ? Kind.PLAIN : Kind.TEXT;
        ObjectNode own = JsonNodeFactory.instance.objectNode();
        own.put("sample_size", c.sampleSize());
        own.put("in_channels", c.inChannels());
        own.put("out_channels", c.outChannels());
        own.put("center_input_sample", c.centerInputSample());
        own.put("freq_shift", c.freqShift());
        own.put("flip_sin_to_cos", c.flipSinToCos());
        own.set("down_block_types", strings(c.downBlockTypes()));
        own.set("up_block_types", strings(c.upBlockTypes()));
        ArrayNode channels = own.putArray("block_out_channels");
        c.blockOutChannels().forEach(channels::add);
        own.put("layers_per_block", c.layersPerBlock());
        own.put("downsample_padding", c.downsamplePadding());
        own.put("dropout", c.dropout());
        own.put("norm_num_groups", c.normNumGroups());
        own.put("norm_eps", c.normEps());
        own.put("resnet_time_scale_shift", c.resnetTimeScaleShift().name().toLowerCase(Locale.ROOT));
        own.put("num_class_embeds", c.numClassEmbeds());
        if (c.nullClassEmbed()) {
            own.put("null_class_embed", true);
        }
        if (kind == Kind.PLAIN) {
            own.put("add_attention", c.addAttention());
            own.put("attention_head_dim", c.attentionHeadDim());
        } else {
            own.put("cross_attention_dim", c.crossAttentionDim());
            own.put("attention_head_dim", c.numAttentionHeads());
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.put(ConfigFields.CLASS_NAME, kind.className);
        out.put(ConfigFields.VERSION, ConfigFields.DIFFUSERS);
        Map<String, JsonNode> sorted = new TreeMap<>(kind.fixed);
        sorted.remove(ConfigFields.CLASS_NAME);
        own.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        sorted.forEach(out::set);
        return out;
    }

    private static ArrayNode strings(List<String> values) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        values.forEach(array::add);
        return array;
    }

    static UNet2DConfig read(JsonNode json) {
        ConfigFields fields = ConfigFields.of(json);
        Kind kind = Kind.TEXT.fixed.get(ConfigFields.CLASS_NAME).equals(fields.raw(ConfigFields.CLASS_NAME))
                ? Kind.TEXT
                : Kind.PLAIN;
        fields.check(kind.className, kind.keys, kind.fixed);
        return ConfigFields.spelledAsInTheFile(new UNet2DConfigJson(fields, kind)::config);
    }

    private UNet2DConfig config() {
        return kind.defaults.with(c -> {
            c.sampleSize = sampleSize(c.sampleSize);
            c.inChannels = fields.integer("in_channels", c.inChannels);
            c.outChannels = fields.integer("out_channels", c.outChannels);
            c.centerInputSample = fields.truth("center_input_sample", c.centerInputSample);
            c.freqShift = fields.integer("freq_shift", c.freqShift);
            c.flipSinToCos = fields.truth("flip_sin_to_cos", c.flipSinToCos);
            c.downBlockTypes = fields.texts("down_block_types", c.downBlockTypes);
            c.upBlockTypes = fields.texts("up_block_types", c.upBlockTypes);
            c.blockOutChannels = fields.integers("block_out_channels", c.blockOutChannels);
            c.layersPerBlock = fields.integer("layers_per_block", c.layersPerBlock);
            c.downsamplePadding = fields.integer("downsample_padding", c.downsamplePadding);
            c.dropout = fields.number("dropout", c.dropout);
            c.normNumGroups = fields.integer("norm_num_groups", c.normNumGroups);
            c.normEps = fields.number("norm_eps", c.normEps);
            c.resnetTimeScaleShift = scaleShift(c.resnetTimeScaleShift);
            c.numClassEmbeds = fields.integerOrNull("num_class_embeds", c.numClassEmbeds);
            c.nullClassEmbed = fields.truth("null_class_embed", c.nullClassEmbed);
            if (kind == Kind.PLAIN) {
                c.addAttention = fields.truth("add_attention", c.addAttention);
                c.attentionHeadDim = fields.integerOrNull("attention_head_dim", c.attentionHeadDim);
            } else {
                c.crossAttentionDim = fields.integer("cross_attention_dim", c.crossAttentionDim);
                c.numAttentionHeads = fields.integer("attention_head_dim", c.numAttentionHeads);
            }
        });
    }

    private int sampleSize(int absent) {
        JsonNode value = fields.raw("sample_size");
        if (value != null
                && value.isArray()
                && value.size() == 2
                && value.get(0).equals(value.get(1))) {
            return ConfigFields.integer("sample_size", value.get(0), "one whole number");
        }
        return fields.integer("sample_size", absent);
    }

    private TimeScaleShift scaleShift(TimeScaleShift absent) {
        JsonNode value = fields.raw("resnet_time_scale_shift");
        if (value == null) {
            return absent;
        }
        return switch (value.asText()) {
            case "default" -> TimeScaleShift.DEFAULT;
            case "scale_shift" -> TimeScaleShift.SCALE_SHIFT;
            default ->
                throw new ConfigException(
                        "resnet_time_scale_shift", "must be \"default\" or \"scale_shift\", is " + value);
        };
    }
}
