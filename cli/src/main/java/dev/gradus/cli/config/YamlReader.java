package dev.gradus.cli.config;

import dev.gradus.cli.UsageException;
import dev.gradus.diffusion.FileErrors;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads settings from YAML: nested mappings become dotted keys. Every error is a {@link UsageException}. */
public final class YamlReader {
    private static final int MAX_DEPTH = 8;

    private final String name;
    private final List<Setting> settings = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();

    private YamlReader(String name) {
        this.name = name;
    }

    /** The settings of a file, in its order. */
    public static List<Setting> read(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new UsageException(file + ": there is no such file");
        } catch (CharacterCodingException e) {
            throw new UsageException(file + ": not a text file in UTF-8");
        } catch (IOException e) {
            String reason = Files.isDirectory(file) ? "it is a folder" : FileErrors.reason(e);
            throw new UsageException(file + ": cannot be read: " + reason);
        }
    }

    /**
     * The settings of a text.
     *
     * @param name what to call the text in messages
     */
    public static List<Setting> parse(String yaml, String name) {
        YamlReader reader = new YamlReader(name);
        compose(yaml, name).ifPresent(root -> reader.flatten("", root, 0));
        return List.copyOf(reader.settings);
    }

    /**
     * A pair as given to {@code --set}: the value is read as YAML ({@code 3}, {@code [32, 64]}), or as plain text
     * where it is not YAML.
     */
    public static List<Setting> parsePair(String pair) {
        int equals = pair.indexOf('=');
        if (equals <= 0) {
            throw new UsageException("--set: '" + pair + "' is not of the form KEY=VALUE, as in --set batchSize=32");
        }
        String key = pair.substring(0, equals).strip();
        String text = pair.substring(equals + 1).strip();
        if (text.startsWith("[") || text.startsWith("\"") || text.startsWith("'")) {
            YamlReader reader = new YamlReader("--set " + key);
            compose(text, reader.name).ifPresent(node -> reader.leaf(key, node, "--set"));
            return List.copyOf(reader.settings);
        }
        return List.of(new Setting(key, new Value.Scalar(text, false), "--set"));
    }

    private static Optional<Node> compose(String yaml, String name) {
        LoadSettings load = LoadSettings.builder().setLabel(name).build();
        try {
            return new Compose(load).composeString(yaml);
        } catch (MarkedYamlEngineException e) {
            String line =
                    e.getProblemMark().map(m -> ", line " + (m.getLine() + 1)).orElse("");
            throw new UsageException(name + line + ": not valid YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new UsageException(name + ": not valid YAML: "
                    + e.getMessage().lines().findFirst().orElse(""));
        }
    }

    private void flatten(String key, Node node, int depth) {
        if (!(node instanceof MappingNode mapping)) {
            if (!key.isEmpty()) {
                leaf(key, node, origin(node));
            } else if (!(node instanceof ScalarNode scalar && scalar.getValue().isEmpty())) {
                throw new UsageException(origin(node) + ": expected keys and values, as in 'batchSize: 32'");
            }
            return;
        }
        if (depth > MAX_DEPTH) {
            throw new UsageException(origin(node) + ": nested too deeply");
        }
        if (mapping.getValue().isEmpty() && !key.isEmpty()) {
            settings.add(new Setting(key, new Value.Scalar("", false), origin(node)));
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
                throw new UsageException(origin(tuple.getKeyNode()) + ": a key must be a single word");
            }
            String path = key.isEmpty() ? name.getValue() : key + "." + name.getValue();
            if (!seen.add(path)) {
                throw new UsageException(origin(name) + ": the key '" + path + "' is given twice");
            }
            flatten(path, tuple.getValueNode(), depth + 1);
        }
    }

    private void leaf(String key, Node node, String origin) {
        if (node instanceof ScalarNode scalar) {
            settings.add(new Setting(key, scalar(scalar), origin));
            return;
        }
        List<Value.Scalar> items = new ArrayList<>();
        if (node instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                if (!(item instanceof ScalarNode scalar)) {
                    throw new UsageException(origin + ": " + key + ": a list can only hold single values");
                }
                items.add(scalar(scalar));
            }
        }
        settings.add(new Setting(key, new Value.Sequence(items), origin));
    }

    private static Value.Scalar scalar(ScalarNode node) {
        return new Value.Scalar(node.getValue(), node.getScalarStyle() != ScalarStyle.PLAIN);
    }

    private String origin(Node node) {
        return node.getStartMark()
                .map(m -> name + ", line " + (m.getLine() + 1))
                .orElse(name);
    }
}
