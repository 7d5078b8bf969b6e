package dev.gradus.torch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.ServiceLoader;

/**
 * The file of the shim, and how it was built.
 *
 * @param path the file
 * @param build what {@code build.properties} beside it says
 */
record ShimFile(Path path, Properties build) {

    private static final String SHIM = "libgradus_torch.so";
    private static final String DESCRIPTION = "build.properties";
    private static final String TO_DO =
            "Put the jar named gradus-torch-VERSION-%s-libtorchVERSION-cpu.jar, or the one for your CUDA, on the class"
                    + " path or module path, or build it on this machine with 'mvn package'.";

    /** Where a shim lies that has not been chosen yet. */
    record Candidate(URL file, Properties build) {
        /** What the name of its jar ends in. */
        String classifier() {
            return build.getProperty("classifier", "unknown");
        }

        String platform() {
            return classifier().replaceFirst("-libtorch.*", "");
        }

        /** Whether it was built for a libtorch of this version, which may name the variant: {@code 2.13.0+cpu}. */
        boolean isFor(String libtorch) {
            String[] parts = libtorch.split("\\+", 2);
            String wanted = "-libtorch" + parts[0];
            String own = classifier().substring(platform().length());
            return parts.length == 2 ? own.equals(wanted + "-" + parts[1]) : own.startsWith(wanted + "-");
        }
    }

    /**
     * The file named by the system property {@code gradus.native}, else the one beside these classes, else the one in
     * the native jar for this machine, unpacked into the user's cache.
     *
     * @throws NativeLibraryException if there is none, or several native jars are for this machine
     */
    static ShimFile find() throws IOException {
        String override = System.getProperty("gradus.native");
        if (override != null) {
            return named(Path.of(override).toAbsolutePath());
        }
        URL description = NativeLibrary.class.getResource("native/" + platform() + "/" + DESCRIPTION);
        URL beside = NativeLibrary.class.getResource("native/" + platform() + "/" + SHIM);
        Candidate chosen = description != null && beside != null
                ? new Candidate(beside, read(description))
                : choose(candidates(), platform(), versionInEnvironment());
        URL url = chosen.file();
        return new ShimFile(
                url.getProtocol().equals("file") ? Path.of(URI.create(url.toString())) : unpack(chosen),
                chosen.build());
    }

    private static ShimFile named(Path shim) throws IOException {
        Path description = shim.resolveSibling(DESCRIPTION);
        if (!Files.isRegularFile(shim) || !Files.isRegularFile(description)) {
            throw new NativeLibraryException(
                    "The system property gradus.native names " + shim + ", but that file or the " + DESCRIPTION
                            + " beside it does not exist.",
                    null);
        }
        return new ShimFile(shim, read(description.toUri().toURL()));
    }

    private static List<Candidate> candidates() throws IOException {
        List<Candidate> found = new ArrayList<>();
        for (NativeFiles files : ServiceLoader.load(NativeFiles.class, NativeLibrary.class.getClassLoader())) {
            URL shim = files.file(SHIM);
            URL description = files.file(DESCRIPTION);
            if (shim != null && description != null) {
                found.add(new Candidate(shim, read(description)));
            }
        }
        return found;
    }

    /**
     * The one candidate for a platform.
     *
     * @param libtorch the version of the libtorch that the user named, or null: decides between several
     */
    static Candidate choose(List<Candidate> candidates, String platform, String libtorch) {
        List<Candidate> fitting =
                candidates.stream().filter(c -> c.platform().equals(platform)).toList();
        if (fitting.isEmpty()) {
            throw new NativeLibraryException(
                    (candidates.isEmpty()
                                    ? "There is no native jar of Gradus on the class path or module path. "
                                    : "None of the native jars found is for " + platform + ": " + names(candidates)
                                            + ". ")
                            + TO_DO.formatted(platform),
                    null);
        }
        List<Candidate> matching = libtorch == null || fitting.size() == 1
                ? fitting
                : fitting.stream().filter(c -> c.isFor(libtorch)).toList();
        if (matching.size() != 1) {
            throw new NativeLibraryException(
                    (matching.isEmpty()
                                    ? "None of the native jars found is for the libtorch " + libtorch
                                            + " that LIBTORCH names: " + names(fitting)
                                    : "Several native jars are for this machine: " + names(matching))
                            + ". Keep the one for your libtorch on the class path or module path, or set the"
                            + " environment variable LIBTORCH to the folder of one of these versions.",
                    null);
        }
        return matching.getFirst();
    }

    private static String names(List<Candidate> candidates) {
        return String.join(
                ", ", candidates.stream().map(Candidate::classifier).sorted().toList());
    }

    private static String versionInEnvironment() throws IOException {
        String folder = System.getenv("LIBTORCH");
        return folder == null || folder.isBlank() ? null : NativeLibrary.version(Path.of(folder));
    }

    private static Properties read(URL description) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = description.openStream()) {
            properties.load(in);
        }
        return properties;
    }

    /** A library cannot be loaded out of a jar: puts it into the user's cache, under its own checksum. */
    private static Path unpack(Candidate chosen) throws IOException {
        Path folder =
                UserCache.folder().resolve("native").resolve(chosen.build().getProperty("sha256"));
        Path shim = folder.resolve(SHIM);
        if (!Files.isRegularFile(shim)) {
            Files.createDirectories(folder);
            Path temporary = Files.createTempFile(folder, SHIM, ".tmp");
            try (InputStream in = chosen.file().openStream()) {
                Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
                Files.move(temporary, shim, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
        return shim;
    }

    /** This machine as native jars name it, such as {@code linux-x86_64}. */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "macos" : "windows") + "-"
                + (arch.equals("amd64") ? "x86_64" : arch);
    }
}
