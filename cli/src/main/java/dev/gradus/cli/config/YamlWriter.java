package dev.gradus.cli.config;

import dev.gradus.diffusion.config.TrainConfig;
import java.util.List;
import java.util.Map;

/** Writes a tree of records as YAML that {@link YamlReader} and {@link RecordMapper} read back to an equal tree. */
public final class YamlWriter {
    private YamlWriter() {}

    /**
     * The YAML of all values of {@code config}.
     *
     * @param comment a line for the reader, without {@code #}
     */
    public static String write(Record config, String comment) {
        StringBuilder yaml = new StringBuilder("# ").append(comment).append('\n');
        if (config instanceof TrainConfig) {
            yaml.append(ConfigVersion.KEY + ": " + ConfigVersion.CURRENT + "\n");
        }
        List<String> open = List.of();
        for (Map.Entry<String, Object> entry : RecordMapper.flatten(config).entrySet()) {
            List<String> path = List.of(entry.getKey().split("\\."));
            List<String> sections = path.subList(0, path.size() - 1);
            for (int depth = common(open, sections); depth < sections.size(); depth++) {
                yaml.append("  ".repeat(depth)).append(sections.get(depth)).append(":\n");
            }
            yaml.append("  ".repeat(sections.size()))
                    .append(path.getLast())
                    .append(": ")
                    .append(Convert.toYaml(entry.getValue()))
                    .append('\n');
            open = sections;
        }
        return yaml.toString();
    }

    private static int common(List<String> a, List<String> b) {
        int same = 0;
        while (same < Math.min(a.size(), b.size()) && a.get(same).equals(b.get(same))) {
            same++;
        }
        return same;
    }
}
