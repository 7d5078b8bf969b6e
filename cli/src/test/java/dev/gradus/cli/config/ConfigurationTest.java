package dev.gradus.cli.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.cli.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    public enum Order {
        EASY_TO_HARD,
        NONE
    }

    public record Optimizer(double lr, List<Double> betas) {
        public Optimizer {
            if (lr <= 0) {
                throw new IllegalArgumentException("optimizer.lr: must be above 0, is " + lr);
            }
        }
    }

    public sealed interface Model permits Small, Large {
        static Map<String, Model> kinds() {
            Map<String, Model> kinds = new LinkedHashMap<>();
            kinds.put("small", new Small(3));
            kinds.put("large", new Large(8, 2));
            return kinds;
        }
    }

    public record Small(int width) implements Model {}

    public record Large(int width, int heads) implements Model {}

    public record Config(
            String name,
            Model model,
            Optimizer optimizer,
            int batchSize,
            long seed,
            boolean shuffle,
            Order order,
            Integer headDim,
            Optional<Path> path) {}

    private static final Config DEFAULTS = new Config(
            "a", new Small(5), new Optimizer(1e-4, List.of(0.9, 0.999)), 64, 0, true, Order.NONE, 8, Optional.empty());

    private static Config apply(String yaml, String... pairs) {
        Settings settings = new Settings().add(YamlReader.parse(yaml, "my.yaml"));
        for (String pair : pairs) {
            settings.add(YamlReader.parsePair(pair));
        }
        return RecordMapper.apply(DEFAULTS, settings);
    }

    private static String refusal(String yaml, String... pairs) {
        return assertThrows(UsageException.class, () -> apply(yaml, pairs)).getMessage();
    }

    @Test
    void aKindHasKeysOfItsOwn() {
        assertEquals(new Small(7), apply("model:\n  width: 7\n").model());
        assertEquals(
                new Large(8, 4), apply("model:\n  kind: large\n  heads: 4\n").model());
        // The same kind again keeps what was there.
        assertEquals(new Small(5), apply("model:\n  kind: small\n").model());
        assertEquals(
                "my.yaml, line 2: unknown key 'model.heads'; did you mean 'model.width'?".substring(0, 42),
                refusal("model:\n  heads: 4\n").substring(0, 42));
        assertEquals(
                "my.yaml, line 2: model.kind is 'huge' but must be one of small, large",
                refusal("model:\n  kind: huge\n"));
    }

    @Test
    void whatALowerLayerSaidOfAnotherKindIsLeftOut() {
        // The width is known to both kinds and stays; the heads are not.
        assertEquals(
                new Small(6),
                apply("model: {kind: large, heads: 9, width: 6}\n", "model.kind=small")
                        .model());
        assertEquals(
                new Large(6, 9),
                apply("model: {kind: large, heads: 9, width: 6}\n", "model.kind=large")
                        .model());
        assertTrue(refusal("model: {kind: small, heads: 9}\n").contains("unknown key 'model.heads'"));
        assertTrue(refusal("", "model.kind=small", "model.heads=9").contains("unknown key 'model.heads'"));
    }

    @Test
    void aKindIsWrittenFirstAndReadBack() {
        Config large = apply("", "model.kind=large", "model.width=6");
        String yaml = YamlWriter.write(large, "test");
        assertTrue(yaml.contains("model:\n  kind: large\n  width: 6\n  heads: 2\n"), yaml);
        assertEquals(large, apply(yaml));
    }

    @Test
    void nothingGivenLeavesTheDefaults() {
        assertEquals(DEFAULTS, apply(""));
        assertEquals(DEFAULTS, apply("# only a comment\n"));
        assertEquals(DEFAULTS, apply("optimizer:\n"));
    }

    @Test
    void readsEveryTypeOfValue() {
        Config expected = new Config(
                "it's 7",
                new Small(5),
                new Optimizer(2e-3, List.of(0.5, 1.0)),
                1000,
                -3,
                false,
                Order.EASY_TO_HARD,
                null,
                Optional.of(Path.of("/data")));
        assertEquals(expected, apply("""
            name: "it's 7"
            optimizer:
              lr: 2e-3
              betas: [0.5, 1]
            batchSize: 1_000
            seed: -3
            shuffle: false
            order: easy-to-hard
            headDim: null
            path: /data
            """));
    }

    @Test
    void aLaterLayerReplacesSingleKeysOfAnEarlierOne() {
        Config config = apply("batchSize: 8\nseed: 5\n", "seed=6", "optimizer.betas=[0.1, 0.2]", "name=x=y: z");
        assertEquals(8, config.batchSize());
        assertEquals(6, config.seed());
        assertEquals(List.of(0.1, 0.2), config.optimizer().betas());
        assertEquals("x=y: z", config.name());
    }

    @Test
    void anUnknownKeyIsRefusedWithItsLineAndTheNearestKey() {
        assertEquals(
                "my.yaml, line 3: unknown key 'optimizer.learningrate'",
                refusal("seed: 1\noptimizer:\n  learningrate: 1\n"));
        assertEquals(
                "my.yaml, line 2: unknown key 'batch_size'; did you mean 'batchSize'?",
                refusal("seed: 1\nbatch_size: 3\n"));
        assertEquals("--set: unknown key 'sede'; did you mean 'seed'?", refusal("", "sede=1"));
    }

    @Test
    void aBadValueIsRefusedWithKeyAndWhatIsAllowed() {
        assertEquals(
                "my.yaml, line 1: batchSize is 'many' but must be a whole number up to 2147483647",
                refusal("batchSize: many"));
        assertEquals("--set: seed is '1.5' but must be a whole number", refusal("", "seed=1.5"));
        assertEquals("--set: order is 'hard' but must be one of easy-to-hard, none", refusal("", "order=hard"));
        assertEquals("--set: shuffle is 'yes' but must be true or false", refusal("", "shuffle=yes"));
        assertEquals("--set: optimizer.lr is 'NaN' but must be a number", refusal("", "optimizer.lr=NaN"));
        assertEquals("--set: optimizer.betas is 'x' but must be a number", refusal("", "optimizer.betas=[x]"));
        assertEquals("my.yaml, line 1: seed is '[1, 2]' but must be a single value", refusal("seed: [1, 2]"));
        assertEquals("--set: seed is '' but must be a whole number", refusal("", "seed="));
    }

    @Test
    void aValueThatTheRecordRefusesIsReportedWhereItWasWritten() {
        assertEquals("my.yaml, line 2: optimizer.lr: must be above 0, is -1.0", refusal("optimizer:\n  lr: -1\n"));
    }

    @Test
    void aSectionIsNotAValue() {
        assertEquals(
                "my.yaml, line 1: 'optimizer' holds further keys, such as 'optimizer.lr'", refusal("optimizer: adam"));
    }

    @Test
    void brokenYamlIsRefusedWithItsLine() {
        assertEquals("my.yaml, line 2: the key 'seed' is given twice", refusal("seed: 1\nseed: 2\n"));
        assertEquals("my.yaml, line 1: expected keys and values, as in 'batchSize: 32'", refusal("- a\n- b\n"));
        String message = refusal("seed: 1\nname: [1, 2\n");
        assertEquals("my.yaml, line 3: not valid YAML: ", message.substring(0, 33));
    }

    @Test
    void aPairNeedsAnEqualsSign() {
        assertEquals("--set: 'seed' is not of the form KEY=VALUE, as in --set batchSize=32", refusal("", "seed"));
    }

    @Test
    void aMissingFileIsRefusedWithItsName(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("none.yaml");
        assertEquals(
                file + ": there is no such file",
                assertThrows(UsageException.class, () -> ConfigVersion.read(file))
                        .getMessage());
        assertEquals(
                folder + ": cannot be read: it is a folder",
                assertThrows(UsageException.class, () -> ConfigVersion.read(folder))
                        .getMessage());
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(
                file + ": not a text file in UTF-8",
                assertThrows(UsageException.class, () -> ConfigVersion.read(file))
                        .getMessage());
    }

    @Test
    void whatIsWrittenReadsBackEqual() {
        Config config = new Config(
                "null",
                new Small(5),
                new Optimizer(1e-4, List.of(0.9, 1e-12)),
                1,
                Long.MIN_VALUE,
                false,
                Order.EASY_TO_HARD,
                null,
                Optional.of(Path.of("/with \"quotes\": and # more\t")));
        String yaml = YamlWriter.write(config, "a comment");
        assertEquals(
                config, RecordMapper.apply(DEFAULTS, new Settings().add(YamlReader.parse(yaml, "config.yaml"))), yaml);
    }

    @Test
    void writesOneLinePerKeyUnderItsSection() {
        assertEquals("""
            # a comment
            name: a
            model:
              kind: small
              width: 5
            optimizer:
              lr: 1e-4
              betas: [0.9, 0.999]
            batchSize: 64
            seed: 0
            shuffle: true
            order: none
            headDim: 8
            path: null
            """, YamlWriter.write(DEFAULTS, "a comment"));
    }
}
