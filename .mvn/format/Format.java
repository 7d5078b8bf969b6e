import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Checks or applies palantir-java-format on every Java file below a folder, generated ones aside.
 *
 * <p>The build calls this instead of the usual Maven plugins because those format with the compiler of the JDK that runs
 * Maven, and an old one cannot read the language that this project uses. Files found clean are remembered by their hash.
 *
 * <p>Usage: {@code Format check|apply ROOT OUTPUT}; OUTPUT/format-java.failed exists afterwards when something is wrong.
 * The exit code is always 0, because the plugin that runs this would print a stack trace
 */
final class Format {
    private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "build", "ffi", ".git", "runs");

    private final Path root;
    private final boolean apply;
    private final Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());
    private final Set<String> clean = new ConcurrentSkipListSet<>();
    private final Set<String> problems = new ConcurrentSkipListSet<>();

    private Format(Path root, boolean apply) {
        this.root = root;
        this.apply = apply;
    }

    public static void main(String[] args) throws IOException {
        boolean apply = args[0].equals("apply");
        Path root = Path.of(args[1]).toAbsolutePath().normalize();
        Path output = Files.createDirectories(Path.of(args[2]));
        Path index = output.resolve("formatted-java.txt");
        Path failed = output.resolve("format-java.failed");
        Files.deleteIfExists(failed);
        var format = new Format(root, apply);
        Set<String> known = Files.exists(index) ? new TreeSet<>(Files.readAllLines(index)) : Set.of();
        format.javaFiles().parallelStream().forEach(file -> format.visit(file, known));
        Files.write(index, format.clean);
        if (!format.problems.isEmpty()) {
            format.problems.forEach(System.err::println);
            Files.write(failed, format.problems);
        }
    }

    private List<Path> javaFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean skip = SKIPPED_FOLDERS.contains(folder.getFileName().toString());
                return skip && !folder.equals(root) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    private void visit(Path file, Set<String> known) {
        Path name = root.relativize(file);
        try {
            String before = Files.readString(file);
            String entry = hash(before) + " " + name;
            if (known.contains(entry)) {
                clean.add(entry);
                return;
            }
            String after =
                    before.startsWith("// Generated from ") ? before : formatter.formatSourceAndFixImports(before);
            if (after.equals(before)) {
                clean.add(entry);
            } else if (apply) {
                Files.writeString(file, after);
                clean.add(hash(after) + " " + name);
                System.out.println("Formatted " + name);
            } else {
                problems.add(name + ": not formatted");
            }
        } catch (FormatterException e) {
            e.diagnostics().forEach(d -> problems.add(name + ":" + d));
        } catch (IOException e) {
            problems.add(name + ": " + e);
        }
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes());
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
