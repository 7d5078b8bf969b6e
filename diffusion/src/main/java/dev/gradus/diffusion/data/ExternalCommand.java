package dev.gradus.diffusion.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of the system that fetch or unpack data. */
final class ExternalCommand {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private ExternalCommand() {}

    /** A command ran and failed. */
    static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private FailedException(String message) {
            super(message);
        }
    }

    /**
     * Runs a command in a folder.
     *
     * @param growing a pattern of the files that it makes, by whose sizes progress is told
     * @throws FailedException if it fails; the message is its first complaint
     * @throws IOException if it cannot be started or does not end
     */
    static void run(Path folder, String what, String growing, FetchProgress progress, List<String> command)
            throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("LC_ALL", "C");
            process = builder.start();
        } catch (IOException e) {
            throw new IOException(command.getFirst() + " cannot be started: it is not installed or not on PATH", e);
        }
        try {
            process.getOutputStream().close();
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
                progress.update(what, bytes(folder, growing), -1);
                if (System.nanoTime() > deadline) {
                    throw new IOException(command.getFirst() + " did not end in " + LIMIT.toMinutes() + " minutes");
                }
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new FailedException(command.getFirst() + " failed: " + complaint(log));
        }
    }

    private static long bytes(Path folder, String pattern) throws IOException {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** The first line of the log that is marked as an error, else its last line. */
    private static String complaint(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return lines.stream()
                .filter(line -> line.startsWith("E:")
                        || line.startsWith("dpkg-deb: error")
                        || line.startsWith("npm error")
                        || line.startsWith("tar:"))
                .findFirst()
                .orElse(lines.isEmpty() ? "no message" : lines.getLast());
    }
}
