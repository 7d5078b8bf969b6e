package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command in a JVM of its own, as the launcher starts it. */
final class JavaProcess {
    private static final int LIMIT_SECONDS = 60;

    private final Process process;
    private final Path out;
    private final Path err;

    private JavaProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts the command.
     *
     * @param folder the current folder; what the command prints is kept in it
     * @param prefix words before the java command, such as a shell that limits it
     */
    static JavaProcess start(Path folder, List<String> prefix, Map<String, String> environment, Object... args)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=dev.gradus.torch",
                "-Dgradus.native=" + System.getProperty("gradus.native"),
                "--module-path",
                System.getProperty("jdk.module.path"),
                // What libraries without a module descriptor need, the tests have there.
                "--class-path",
                System.getProperty("java.class.path"),
                "--module",
                "dev.gradus.cli/dev.gradus.cli.Main"));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        Path out = folder.resolve("stdout.txt");
        Path err = folder.resolve("stderr.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().putAll(environment);
        return new JavaProcess(builder.start(), out, err);
    }

    /** Waits for the end and answers the exit code. */
    int exitCode() throws Exception {
        return exitCode(LIMIT_SECONDS);
    }

    /** The same with another limit. */
    int exitCode(int seconds) throws Exception {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            assertTrue(false, "no end after " + seconds + " s: " + err());
        }
        return process.exitValue();
    }

    /** What Ctrl-C does. */
    void interrupt() throws Exception {
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    /** What {@code kill -9} does; false if the process had ended already. */
    boolean kill() throws InterruptedException {
        boolean alive = process.isAlive();
        process.destroyForcibly().waitFor();
        // 128 + SIGKILL
        return alive && process.exitValue() == 137;
    }

    /** Waits for the end, or for some time. */
    void waitFor(long millis) throws InterruptedException {
        process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until standard error has {@code text}. */
    void awaitError(String text) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!err().contains(text)) {
            assertTrue(process.isAlive() && System.nanoTime() < end, "no '" + text + "' in: " + err());
            Thread.sleep(20);
        }
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }
}
