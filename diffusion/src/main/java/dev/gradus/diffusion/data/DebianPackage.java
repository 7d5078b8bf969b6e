package dev.gradus.diffusion.data;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A Debian package, downloaded by {@code apt-get} and unpacked by {@code dpkg-deb}: nothing is installed and no root is
 * needed. Where apt's own lists of packages are missing, they are fetched into the work folder.
 *
 * @param packageName the package
 * @param inside the folder inside the package that holds the files
 */
record DebianPackage(String packageName, String inside) implements DataSource {
    @Override
    public String name() {
        return "Debian package " + packageName;
    }

    @Override
    public void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException {
        String what = "Fetching " + name();
        try {
            run(folder, what, progress, List.of("apt-get", "-q", "download", packageName));
        } catch (ExternalCommand.FailedException e) {
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
                Files.move(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
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

    /** A file that {@code apt-get} is writing has the suffix {@code .FAILED} or none that matters; all count. */
    private static void run(Path folder, String what, FetchProgress progress, List<String> command)
            throws IOException, InterruptedException {
        ExternalCommand.run(folder, what, "*.deb*", progress, command);
    }
}
