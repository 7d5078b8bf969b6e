package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.Nearest;
import dev.gradus.diffusion.model.UNet2DConfig.TimeScaleShift;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** {@link UNet2DConfig} as the {@code config.json} of diffusers' {@code UNet2DModel}. */
final class UNet2DConfigJson {
    private static final String CLASS_NAME = "UNet2DModel";
    private static final Pattern CAMEL_CASE_WORD = Pattern.compile("\\b[a-z]+([A-Z][a-z]+)+\\b");
    private static final Pattern HUMP = Pattern.compile("[A-Z]");

    /** What diffusers notes about the file itself; no part of the architecture. */
    private static final Set<String> NOTES = Set.of("_diffusers_version", "_name_or_path");

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
            "add_attention",
            "num_class_embeds");

    /** Options of diffusers for which this implementation knows one value. */
    private static final Map<String, JsonNode> FIXED = fixed();

    private final JsonNode json;

    private UNet2DConfigJson(JsonNode json) {
        this.json = json;
    }

    private static Map<String, JsonNode> fixed() {
        JsonNodeFactory f = JsonNodeFactory.instance;
        Map<String, JsonNode> fixed = new TreeMap<>();
        fixed.put("_class_name", f.textNode(CLASS_NAME));
        fixed.put("act_fn", f.textNode("silu"));
        fixed.put("attn_norm_num_groups", f.nullNode());
        fixed.put("class_embed_type", f.nullNode());
        fixed.put("downsample_type", f.textNode("conv"));
        fixed.put("mid_block_scale_factor", f.numberNode(1));
        fixed.put("mid_block_type", f.textNode("UNetMidBlock2D"));
        fixed.put("num_train_timesteps", f.nullNode());
        fixed.put("time_embedding_dim", f.nullNode());
        fixed.put("time_embedding_type", f.textNode("positional"));
        fixed.put("upsample_type", f.textNode("conv"));
        return fixed;
    }

    static ObjectNode write(UNet2DConfig c) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set("_class_name", FIXED.get("_class_name"));
        out.put("_diffusers_version", "0.35.1");
        Map<String, JsonNode> sorted = new TreeMap<>(FIXED);
        sorted.remove("_class_name");
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
        own.put("attention_head_dim", c.attentionHeadDim());
        own.put("norm_num_groups", c.normNumGroups());
        own.put("norm_eps", c.normEps());
        own.put("resnet_time_scale_shift", c.resnetTimeScaleShift().name().toLowerCase(Locale.ROOT));
        own.put("add_attention", c.addAttention());
        own.put("num_class_embeds", c.numClassEmbeds());
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
        if (json == null || !json.isObject()) {
            throw new ConfigException("config.json", "must hold one JSON object");
        }
        UNet2DConfigJson reader = new UNet2DConfigJson(json);
        reader.checkKeys();
        try {
            return reader.config();
        } catch (ConfigException e) {
            throw new ConfigException(snakeCase(e.key()), snakeCase(e.problem()));
        }
    }

    /** Component names in a message about a record, as the file spells them. */
    private static String snakeCase(String text) {
        String unprefixed = text.startsWith(UNet2DConfigCheck.KEY_PREFIX)
                ? text.substring(UNet2DConfigCheck.KEY_PREFIX.length())
                : text;
        return CAMEL_CASE_WORD
                .matcher(unprefixed)
                .replaceAll(word -> HUMP.matcher(word.group())
                        .replaceAll(letter -> "_" + letter.group().toLowerCase(Locale.ROOT)));
    }

    private void checkKeys() {
        Iterator<Map.Entry<String, JsonNode>> entries = json.properties().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            String key = entry.getKey();
            JsonNode only = FIXED.get(key);
            if (only != null) {
                if (!same(only, entry.getValue())) {
                    throw new ConfigException(key, "only " + only + " is supported, is " + entry.getValue());
                }
            } else if (!KEYS.contains(key) && !NOTES.contains(key)) {
                throw new ConfigException(key, "is not a key of " + CLASS_NAME + Nearest.hint(key, KEYS));
            }
        }
    }

    private static boolean same(JsonNode a, JsonNode b) {
        return a.isNumber() && b.isNumber() ? a.doubleValue() == b.doubleValue() : a.equals(b);
    }

    private UNet2DConfig config() {
        return UNet2DConfig.defaults().with(c -> {
            c.sampleSize = sampleSize(c.sampleSize);
            c.inChannels = integer("in_channels", c.inChannels);
            c.outChannels = integer("out_channels", c.outChannels);
            c.centerInputSample = truth("center_input_sample", c.centerInputSample);
            c.freqShift = integer("freq_shift", c.freqShift);
            c.flipSinToCos = truth("flip_sin_to_cos", c.flipSinToCos);
            c.downBlockTypes = texts("down_block_types", c.downBlockTypes);
            c.upBlockTypes = texts("up_block_types", c.upBlockTypes);
            c.blockOutChannels = integers("block_out_channels", c.blockOutChannels);
            c.layersPerBlock = integer("layers_per_block", c.layersPerBlock);
            c.downsamplePadding = integer("downsample_padding", c.downsamplePadding);
            c.dropout = number("dropout", c.dropout);
            c.attentionHeadDim = integerOrNull("attention_head_dim", c.attentionHeadDim);
            c.normNumGroups = integer("norm_num_groups", c.normNumGroups);
            c.normEps = number("norm_eps", c.normEps);
            c.resnetTimeScaleShift = scaleShift(c.resnetTimeScaleShift);
            c.addAttention = truth("add_attention", c.addAttention);
            c.numClassEmbeds = integerOrNull("num_class_embeds", c.numClassEmbeds);
        });
    }

    private int sampleSize(int absent) {
        JsonNode value = json.get("sample_size");
        if (value != null
                && value.isArray()
                && value.size() == 2
                && value.get(0).equals(value.get(1))) {
            return checked("sample_size", value.get(0), UNet2DConfigJson::isInt, "one whole number")
                    .intValue();
        }
        return integer("sample_size", absent);
    }

    private TimeScaleShift scaleShift(TimeScaleShift absent) {
        JsonNode value = json.get("resnet_time_scale_shift");
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

    private int integer(String key, int absent) {
        JsonNode value = json.get(key);
        return value == null
                ? absent
                : checked(key, value, UNet2DConfigJson::isInt, "a whole number").intValue();
    }

    private Integer integerOrNull(String key, Integer absent) {
        JsonNode value = json.get(key);
        if (value == null) {
            return absent;
        }
        return value.isNull()
                ? null
                : (Integer) checked(key, value, UNet2DConfigJson::isInt, "a whole number or null")
                        .intValue();
    }

    private double number(String key, double absent) {
        JsonNode value = json.get(key);
        return value == null
                ? absent
                : checked(key, value, JsonNode::isNumber, "a number").doubleValue();
    }

    private boolean truth(String key, boolean absent) {
        JsonNode value = json.get(key);
        return value == null
                ? absent
                : checked(key, value, JsonNode::isBoolean, "true or false").booleanValue();
    }

    private List<String> texts(String key, List<String> absent) {
        List<String> result = new ArrayList<>();
        for (JsonNode item : items(key)) {
            result.add(
                    checked(key, item, JsonNode::isTextual, "a list of texts").textValue());
        }
        return json.has(key) ? result : absent;
    }

    private List<Integer> integers(String key, List<Integer> absent) {
        List<Integer> result = new ArrayList<>();
        for (JsonNode item : items(key)) {
            result.add(checked(key, item, UNet2DConfigJson::isInt, "a list of whole numbers")
                    .intValue());
        }
        return json.has(key) ? result : absent;
    }

    private Iterable<JsonNode> items(String key) {
        JsonNode value = json.get(key);
        return value == null ? List.of() : checked(key, value, JsonNode::isArray, "a list");
    }

    private static boolean isInt(JsonNode value) {
        return value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToInt();
    }

    private static JsonNode checked(String key, JsonNode value, Predicate<JsonNode> rule, String expected) {
        if (!rule.test(value)) {
            throw new ConfigException(key, "must be " + expected + ", is " + value);
        }
        return value;
    }
}
