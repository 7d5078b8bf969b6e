package dev.gradus.diffusion.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Debian package, downloaded by {@code apt-get} and unpacked by {@code dpkg-deb}: nothing is installed and no root is
 * needed. Where apt's own lists of packages are missing, they are fetched into the work folder.
 *
 * @param packageName the package
 * @param inside the folder inside the package that holds the files
 */
record DebianPackage(String packageName, String inside) implements DataSource {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public String name() {
        return "Debian package " + packageName;
    }

    @Override
    public void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException {
        String what = "Fetching " + name();
        try {
            run(folder, what, progress, List.of("apt-get", "-q", "download", packageName));
        } catch (CommandException e) {
            List<String> apt = privateApt(folder);
            run(folder, "Fetching Debian's list of packages", progress, concat(apt, "update"));
            run(folder, what, progress, concat(apt, "download", packageName));
        }
        Path unpacked = folder.resolve("unpacked");
        run(
                folder,
                "Unpacking " + name(),
                progress,
                List.of("dpkg-deb", "-x", deb(folder).toString(), unpacked + ""));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(unpacked.resolve(inside))) {
            for (Path file : files) {
                Files.move(file, folder.resolve(file.getFileName()));
            }
        }
    }

    /** apt-get with lists and cache of its own, so that {@code update} needs no root. */
    private static List<String> privateApt(Path folder) throws IOException {
        Path state = folder.toAbsolutePath().resolve("apt");
        Files.createDirectories(state.resolve("lists/partial"));
        Files.createDirectories(state.resolve("cache/archives/partial"));
        return List.of(
                "apt-get",
                "-q",
                "-o",
                "Dir::State::lists=" + state.resolve("lists"),
                "-o",
                "Dir::Cache=" + state.resolve("cache"),
                "-o",
                "Debug::NoLocking=1");
    }

    private static List<String> concat(List<String> start, String... end) {
        List<String> all = new ArrayList<>(start);
        all.addAll(List.of(end));
        return all;
    }

    private static Path deb(Path folder) throws IOException {
        try (DirectoryStream<Path> debs = Files.newDirectoryStream(folder, "*.deb")) {
            for (Path deb : debs) {
                return deb.toAbsolutePath();
            }
        }
        throw new IOException("apt-get downloaded nothing");
    }

    private static void run(Path folder, String what, FetchProgress progress, List<String> command)
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
                progress.update(what, downloaded(folder), -1);
                if (System.nanoTime() > deadline) {
                    throw new IOException(command.getFirst() + " did not end in " + LIMIT.toMinutes() + " minutes");
                }
            }
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new CommandException(command.getFirst() + " failed: " + complaint(log));
        }
    }

    /** A file that {@code apt-get} is writing has the suffix {@code .FAILED} or none that matters; all count. */
    private static long downloaded(Path folder) throws IOException {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.deb*")) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** The first line of the log that apt or dpkg marks as an error, else its last line. */
    private static String complaint(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return lines.stream()
                .filter(line -> line.startsWith("E:") || line.startsWith("dpkg-deb: error"))
                .findFirst()
                .orElse(lines.isEmpty() ? "no message" : lines.getLast());
    }

    /** A command ran and failed. */
    private static final class CommandException extends IOException {
        private static final long serialVersionUID = 1L;

        CommandException(String message) {
            super(message);
        }
    }
}
