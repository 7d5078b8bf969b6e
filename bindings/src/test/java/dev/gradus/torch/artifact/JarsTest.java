package dev.gradus.torch.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.Torch;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** What is in the jars. */
class JarsTest {
    private static Path jar(boolean ofShim) throws IOException {
        try (var jars = Files.list(Child.LIBRARIES)) {
            List<Path> found = jars.filter(jar -> jar.getFileName().toString().startsWith("gradus-torch-"))
                    .filter(jar -> jar.toString().contains("-libtorch") == ofShim)
                    .toList();
            assertEquals(1, found.size(), found.toString());
            return found.getFirst();
        }
    }

    private static Set<String> nativeFiles(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith(".so") || name.endsWith("build.properties"))
                    .map(name -> name.substring(name.lastIndexOf('/') + 1))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void onlyTheNativeJarHasTheShim() throws IOException {
        assertEquals(Set.of(), nativeFiles(jar(false)));
        assertEquals(Set.of("libgradus_torch.so", "build.properties"), nativeFiles(jar(true)));
    }

    @Test
    void theNativeJarIsNamedAfterPlatformLibtorchAndItsVariant() throws IOException {
        String name = jar(true).getFileName().toString();
        String version = Torch.version().replaceFirst("\\+.*", "");
        String variant = Torch.hasCuda() ? "cu\\d+" : "cpu";
        assertTrue(
                name.matches("gradus-torch-[0-9].*-linux-x86_64-libtorch" + version + "-" + variant + "\\.jar"), name);
    }

    @Test
    void bothAreExplicitModules() throws IOException {
        Path javaJar = jar(false);
        ModuleDescriptor bindings =
                ModuleFinder.of(javaJar).findAll().iterator().next().descriptor();
        ModuleDescriptor shim =
                ModuleFinder.of(jar(true)).findAll().iterator().next().descriptor();
        assertEquals("dev.gradus.torch", bindings.name());
        assertTrue(!bindings.isAutomatic() && !shim.isAutomatic());
        assertTrue(shim.name().startsWith("dev.gradus.torch.natives.linux_x86_64_libtorch"), shim.name());
        assertEquals(bindings.uses(), Set.of(shim.provides().iterator().next().service()));
    }

    @Test
    void nothingInThemTellsWhenOrByWhomTheyWereMade() throws IOException {
        for (Path path : List.of(jar(false), jar(true))) {
            try (ZipFile zip = new ZipFile(path.toFile())) {
                assertEquals(
                        1, zip.stream().map(ZipEntry::getTimeLocal).distinct().count());
                String manifest = new String(
                        zip.getInputStream(zip.getEntry("META-INF/MANIFEST.MF")).readAllBytes());
                assertTrue(
                        manifest.lines().noneMatch(line -> line.matches("(Built-By|Build-Jdk|Created-By).*")),
                        manifest);
            }
        }
    }
}
