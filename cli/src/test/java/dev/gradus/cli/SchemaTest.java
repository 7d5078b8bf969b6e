package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.gradus.cli.config.JavadocParams;
import dev.gradus.cli.config.JsonSchema;
import dev.gradus.cli.config.YamlWriter;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class SchemaTest {
    @TempDir
    private Path temp;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CHECKED_IN = Path.of("src/main/resources/dev/gradus/cli/config.schema.json");

    private static ObjectNode generated() {
        return new JsonSchema(new JavadocParams(Path.of("../diffusion/src/main/java"))).of(TrainConfig.defaults());
    }

    private static List<Error> problems(JsonNode config) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(generated())
                .validate(config);
    }

    private static JsonNode yaml(String text) {
        return JSON.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(text));
    }

    @Test
    void theCheckedInSchemaIsThatOfTheRecords() throws IOException {
        String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(generated()) + "\n";
        if (Boolean.getBoolean("gradus.schema.write")) {
            Files.writeString(CHECKED_IN, text);
        }
        assertEquals(
                text,
                Files.readString(CHECKED_IN),
                "the records have changed; write the schema anew by the same test with -Dgradus.schema.write=true");
        assertEquals(text, Cli.run("schema").succeeds());
    }

    @ParameterizedTest
    @FieldSource("dev.gradus.cli.Presets#NAMES")
    void everyPresetIsValid(String preset) {
        assertEquals(List.of(), problems(yaml(Cli.run("presets", preset).succeeds())));
    }

    @Test
    void resolvedConfigurationsAreValid() {
        TrainConfig defaults = TrainConfig.defaults();
        assertEquals(List.of(), problems(ConfigJson.of(defaults)));
        assertEquals(List.of(), problems(yaml(YamlWriter.write(defaults, "all"))));
        assertEquals(List.of(), problems(yaml("model: {kind: dit, depth: 2}\nschedule:\n")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stps: 3 | stps",
                "schedule: {timestep: 3} | timestep",
                "steps: many | steps",
                "objective: noise | objective",
                "optimizer: {betas: 0.9} | betas",
                "model: {kind: gan} | kind",
                "model: {depth: 3} | depth",
                "version: 9 | version",
                "batchSize: null | batchSize"
            })
    void whatTheCommandRefusesIsInvalid(String text, String named) throws IOException {
        List<Error> problems = problems(yaml(text));
        assertFalse(problems.isEmpty());
        assertTrue(problems.toString().contains(named), problems.toString());
        assertTrue(Cli.run("train", "--dry-run", "--config", Files.writeString(temp.resolve("c.yaml"), text))
                .fails(2)
                .contains(named));
    }

    @Test
    void everyKeyIsDescribed() {
        assertDescribed("", generated());
    }

    private static void assertDescribed(String key, JsonNode schema) {
        schema.path("properties").properties().forEach(property -> {
            JsonNode value = property.getValue();
            String name = key + "." + property.getKey();
            assertTrue(value.has("description") || value.has("const"), name + " has no @param in its record");
            assertDescribed(name, value);
            value.path("anyOf").forEach(kind -> assertDescribed(name, kind));
        });
    }
}
