package dev.gradus.cli.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.cli.UsageException;
import dev.gradus.diffusion.config.TrainConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigVersionTest {
    private static TrainConfig read(String yaml) {
        return RecordMapper.apply(
                TrainConfig.defaults(), new Settings().add(ConfigVersion.upgrade(YamlReader.parse(yaml, "a.yaml"))));
    }

    private static String refused(String yaml) {
        return assertThrows(UsageException.class, () -> read(yaml)).getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"version: 1\n", ""})
    void oldNamesAreUnderstood(String version) {
        assertEquals(7, read(version + "checkpointEvery: 7").checkpoint().every());
    }

    @Test
    void whatIsWrittenStatesItsVersionAndIsReadBack() {
        TrainConfig config = TrainConfig.defaults().with("steps", 5);
        String yaml = YamlWriter.write(config, "all");
        assertEquals(
                List.of("version: 2"),
                yaml.lines().filter(line -> line.startsWith("version")).toList());
        assertEquals(config, read(yaml));
    }

    @Test
    void aNewerVersionIsRefused() {
        assertEquals(
                "a.yaml, line 2: version: is 3, but this Gradus knows versions up to 2; use a newer Gradus, or write"
                        + " the file anew with this one",
                refused("steps: 5\nversion: 3"));
    }

    @Test
    void whatIsNoVersionIsRefused() {
        assertEquals("a.yaml, line 1: version: must be at least 1, is 0", refused("version: 0"));
        assertEquals(
                "a.yaml, line 1: version is 'two' but must be a whole number up to 2147483647",
                refused("version: two"));
    }

    @Test
    void aFileOfTodayIsHeldToTheNamesOfToday() {
        assertEquals(
                "a.yaml, line 2: unknown key 'checkpointEvery'; did you mean 'checkpoint.every'?",
                refused("version: 2\ncheckpointEvery: 7"));
    }

    @Test
    void oldAndNewNameTogetherAreRefused() {
        assertEquals(
                "a.yaml, line 1: 'checkpointEvery' is the old name of 'checkpoint.every', which is given too; leave it"
                        + " out",
                refused("checkpointEvery: 7\ncheckpoint: {every: 8}"));
    }
}
