package dev.gradus.diffusion.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.ConfigException;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UNet2DConfigTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static JsonNode json(String text) throws Exception {
        return JSON.readTree(text.replace('\'', '"'));
    }

    private static String refusal(String jsonText) {
        return assertThrows(ConfigException.class, () -> UNet2DConfig.fromJson(json(jsonText)))
                .getMessage();
    }

    private static String refusal(Consumer<UNet2DConfigDraft> change) {
        return assertThrows(ConfigException.class, () -> UNet2DConfig.fashion().with(change))
                .getMessage();
    }

    @Test
    void anEmptyFileMeansTheDefaults() throws Exception {
        assertEquals(UNet2DConfig.defaults(), UNet2DConfig.fromJson(json("{}")));
    }

    @Test
    void readsWhatItWrites() {
        UNet2DConfig every = UNet2DConfig.cifar10().with(c -> {
            c.centerInputSample = true;
            c.dropout = 0.1;
            c.attentionHeadDim = 64;
            c.resnetTimeScaleShift = UNet2DConfig.TimeScaleShift.SCALE_SHIFT;
            c.addAttention = false;
            c.numClassEmbeds = 10;
            c.layersPerBlock = 3;
        });
        UNet2DConfig text = UNet2DConfig.textDefaults().with(c -> {
            c.numAttentionHeads = 4;
            c.crossAttentionDim = 96;
            c.numClassEmbeds = 3;
            c.nullClassEmbed = true;
        });
        for (UNet2DConfig config : List.of(every, UNet2DConfig.defaults(), UNet2DConfig.fashion(), text)) {
            assertEquals(config, UNet2DConfig.fromJson(config.toJson()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"class-scale-shift", "text", "text-class", "dit-class-sigma"})
    void writesTheFileThatPythonWrites(String name) throws Exception {
        JsonNode python =
                JSON.readTree(Goldens.path(name).resolve("config.json").toFile());
        assertEquals(python, ModelConfig.fromJson(python).toJson());
    }

    @Test
    void readsTheFileOfAnOldDiffusersModel() throws Exception {
        assertEquals(UNet2DConfig.cifar10(), UNet2DConfig.fromJson(json("""
            {'_class_name': 'UNet2DModel', '_diffusers_version': '0.0.4', 'act_fn': 'silu',
             'attention_head_dim': null, 'block_out_channels': [128, 256, 256, 256],
             'center_input_sample': false,
             'down_block_types': ['DownBlock2D', 'AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'],
             'downsample_padding': 0, 'flip_sin_to_cos': false, 'freq_shift': 1, 'in_channels': 3,
             'layers_per_block': 2, 'mid_block_scale_factor': 1, 'norm_eps': 1e-06, 'norm_num_groups': 32,
             'out_channels': 3, 'sample_size': 32, 'time_embedding_type': 'positional',
             'up_block_types': ['UpBlock2D', 'UpBlock2D', 'AttnUpBlock2D', 'UpBlock2D']}\
            """)));
    }

    @Test
    void whatDiffusersNotesOfAnAverageIsNoPartOfTheArchitecture() throws Exception {
        assertEquals(UNet2DConfig.defaults(), UNet2DConfig.fromJson(json("""
            {'_class_name': 'UNet2DModel', '_name_or_path': 'x', 'decay': 0.9999, 'min_decay': 0.0,
             'optimization_step': 10, 'update_after_step': 0, 'use_ema_warmup': true, 'inv_gamma': 1.0,
             'power': 0.75}\
            """)));
    }

    @Test
    void acceptsASquareSampleSizeAsAPair() throws Exception {
        assertEquals(
                64, UNet2DConfig.fromJson(json("{'sample_size': [64, 64]}")).sampleSize());
        assertEquals("sample_size: must be a whole number, is [64,32]", refusal("{'sample_size': [64, 32]}"));
    }

    @Test
    void anUnknownKeyIsRefusedByName() {
        assertEquals(
                "block_channels: is not a key of UNet2DModel; did you mean 'block_out_channels'?",
                refusal("{'block_channels': [32]}"));
        assertEquals("cross_attention_dim: is not a key of UNet2DModel", refusal("{'cross_attention_dim': 768}"));
    }

    @Test
    void anUnsupportedValueOfAKnownKeyIsRefusedByName() {
        assertEquals("act_fn: only \"silu\" is supported, is \"gelu\"", refusal("{'act_fn': 'gelu'}"));
        assertEquals(
                "class_embed_type: only null is supported, is \"timestep\"",
                refusal("{'class_embed_type': 'timestep'}"));
        assertEquals(
                "_class_name: only \"UNet2DModel\" is supported, is \"UNet3DModel\"",
                refusal("{'_class_name': 'UNet3DModel'}"));
        assertEquals(
                "mid_block_type: only \"UNetMidBlock2DCrossAttn\" is supported, is \"UNetMidBlock2D\"",
                refusal("{'_class_name': 'UNet2DConditionModel', 'mid_block_type': 'UNetMidBlock2D'}"));
        assertEquals(
                "down_block_types: 'SkipDownBlock2D' is not supported, only 'DownBlock2D' and 'AttnDownBlock2D'",
                refusal("{'down_block_types': ['SkipDownBlock2D']}"));
    }

    @Test
    void aValueOfTheWrongTypeIsRefusedByName() {
        assertEquals("in_channels: must be a whole number, is 1.5", refusal("{'in_channels': 1.5}"));
        assertEquals("in_channels: must be a whole number, is null", refusal("{'in_channels': null}"));
        assertEquals("dropout: must be a number, is \"0\"", refusal("{'dropout': '0'}"));
        assertEquals("add_attention: must be true or false, is 1", refusal("{'add_attention': 1}"));
        assertEquals("block_out_channels: must be a list, is 32", refusal("{'block_out_channels': 32}"));
        assertEquals(
                "attention_head_dim: must be a whole number or null, is \"8\"", refusal("{'attention_head_dim': '8'}"));
        assertEquals("config.json: must hold one JSON object", refusal("[]"));
    }

    @Test
    void aContradictionIsRefusedWithBothFieldsAsTheFileSpellsThem() {
        assertEquals(
                "down_block_types: must have as many entries as block_out_channels (2), is [DownBlock2D]",
                refusal("{'block_out_channels': [32, 64], 'down_block_types': ['DownBlock2D']}"));
        assertEquals(
                "block_out_channels: must be multiples of norm_num_groups (32), is [32, 48]",
                refusal("{'block_out_channels': [32, 48]}"));
    }

    @Test
    void aValueOutOfRangeIsRefusedWithTheKeyOfTheRunsConfiguration() {
        assertEquals("model.inChannels: must be at least 1, is 0", refusal(c -> c.inChannels = 0));
        assertEquals("model.outChannels: must be at least 1, is -3", refusal(c -> c.outChannels = -3));
        assertEquals("model.layersPerBlock: must be at least 1, is 0", refusal(c -> c.layersPerBlock = 0));
        assertEquals("model.normNumGroups: must be at least 1, is 0", refusal(c -> c.normNumGroups = 0));
        assertEquals("model.numClassEmbeds: must be at least 1, is 0", refusal(c -> c.numClassEmbeds = 0));
        assertEquals("model.downsamplePadding: must be 0 or 1, is 2", refusal(c -> c.downsamplePadding = 2));
        assertEquals("model.dropout: must be at least 0 and below 1, is 1.0", refusal(c -> c.dropout = 1));
        assertEquals("model.dropout: must be at least 0 and below 1, is NaN", refusal(c -> c.dropout = Double.NaN));
        assertEquals("model.normEps: must be greater than 0 and finite, is 0.0", refusal(c -> c.normEps = 0));
        assertEquals(
                "model.freqShift: must be at least 0 and below half the first of blockOutChannels (16), is 16",
                refusal(c -> c.freqShift = 16));
        assertEquals(
                "model.sampleSize: must be a multiple of 4, because 3 levels halve it 2 times, is 30",
                refusal(c -> c.sampleSize = 30));
        assertEquals(
                "model.attentionHeadDim: must divide the channels of every level with attention, such as 64, is 48",
                refusal(c -> c.attentionHeadDim = 48));
        assertEquals("model.resnetTimeScaleShift: must be set", refusal(c -> c.resnetTimeScaleShift = null));
    }

    @Test
    void headDimensionsMatterOnlyWhereThereIsAttention() {
        UNet2DConfig config = UNet2DConfig.fashion().with(c -> {
            c.attentionHeadDim = 48;
            c.addAttention = false;
        });
        assertEquals(48, config.attentionHeadDim());
    }
}
