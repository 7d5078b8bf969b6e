package dev.gradus.torch.artifact;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process that uses the jars as they are published, in an empty folder and with an empty cache. */
record Child(int exitCode, String out, String err) {
    private static final int LIMIT_SECONDS = 120;
    /** Where the build puts the jars and what they need. */
    static final Path LIBRARIES = Path.of("target/lib").toAbsolutePath();

    /**
     * Runs a command to its end.
     *
     * @param work for the current folder, the cache and the input
     * @param input what the process reads
     */
    static Child run(Path work, Path folder, String input, List<String> command)
            throws IOException, InterruptedException {
        Path in = Files.writeString(work.resolve("in.txt"), input);
        Path out = work.resolve("out.txt");
        Path err = work.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("LIBTORCH", NativeLibrary.info().libtorch().toString());
        builder.environment().put("XDG_CACHE_HOME", work.resolve("cache").toString());
        Process process = builder.start();
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertTrue(ended, "no end after " + LIMIT_SECONDS + " s: " + Files.readString(err));
        return new Child(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Runs java of this JVM with these arguments in an empty folder. */
    static Child java(Path work, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(tool("java"), "-XX:+UseSerialGC"));
        command.addAll(arguments);
        return run(work, Files.createDirectory(work.resolve("empty")), "", command);
    }

    /** A program of this JVM's JDK. */
    static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /** The jars of the build, but not the native one. */
    static String javaJars() throws IOException {
        try (var jars = Files.list(LIBRARIES)) {
            return String.join(
                    ":",
                    jars.map(Path::toString)
                            .filter(jar -> !jar.contains("-libtorch"))
                            .toList());
        }
    }
}
