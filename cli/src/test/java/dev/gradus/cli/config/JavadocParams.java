package dev.gradus.cli.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code @param} texts of the records of a source tree, as plain text. */
public final class JavadocParams {
    private static final Pattern PARAM = Pattern.compile("@param (\\w+) (.*?)(?=@\\w+ |$)", Pattern.DOTALL);

    private final Path sources;

    /** @param sources the folder of the packages */
    public JavadocParams(Path sources) {
        this.sources = sources;
    }

    /** By component; those without a text are absent. */
    Map<String, String> of(Class<?> record) {
        Class<?> file = record.getNestHost();
        try {
            String source = Files.readString(sources.resolve(file.getName().replace('.', '/') + ".java"));
            Matcher comment = Pattern.compile(
                            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:public )?record " + record.getSimpleName() + "\\(",
                            Pattern.DOTALL)
                    .matcher(source);
            Map<String, String> texts = new LinkedHashMap<>();
            if (comment.find()) {
                Matcher param = PARAM.matcher(plain(comment.group(1)));
                while (param.find()) {
                    texts.put(param.group(1), param.group(2).strip());
                }
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String plain(String comment) {
        return comment.replaceAll("\\R\\s*\\* ?", " ")
                .replaceAll("\\{@code\\s+([^}]*)\\}", "$1")
                .replaceAll("\\{@link(?:plain)?\\s+[^} ]+ ([^}]+)\\}", "$1")
                .replaceAll("\\{@link(?:plain)?\\s+#?([^}]+)\\}", "$1")
                .replaceAll("</?[a-z]+>", "")
                .replaceAll("\\s+", " ");
    }
}
