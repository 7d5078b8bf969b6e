package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.diffusion.data.ImageGrid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataTest {
    @TempDir
    Path folder;

    private Path images;

    @BeforeEach
    void writeImages() throws IOException {
        images = folder.resolve("images");
        for (String name : List.of("cats/1.png", "cats/2.png", "dogs/3.png")) {
            Path path = images.resolve(name);
            Files.createDirectories(path.getParent());
            ImageGrid.writePng(path, new float[3 * 6 * 8], 1, 3, 6, 8);
        }
    }

    private Path breakOne() throws IOException {
        return Files.writeString(images.resolve("dogs/4.png"), "broken");
    }

    @Test
    void infoTellsWhatIsInTheFolder() throws IOException {
        Path broken = breakOne();
        assertEquals("""
            format    images
            images    4
            colours   3 in colour, 0 grey
            sizes     1
                     3  8 x 6
            classes   2
                     2  cats
                     2  dogs
            captions  0
            broken    1
              %s: not a PNG, JPEG, WebP, GIF, BMP or TIFF image
            """.formatted(broken), Cli.run("data", "info", images).succeeds());
    }

    @Test
    void showDrawsASheet() throws IOException {
        Path sheet = folder.resolve("sheet.png");
        assertEquals(
                sheet + "\n",
                Cli.run("data", "show", images, "--out", sheet, "--cell", 20).succeeds());
        // A PNG file has its width after 16 bytes.
        assertEquals(2 * 24 + 4, ByteBuffer.wrap(Files.readAllBytes(sheet)).getInt(16));
    }

    @Test
    void aPackedFileIsADataSetToo() throws IOException {
        Path broken = breakOne();
        Path packed = folder.resolve("packed.safetensors");
        Object[] pack = {"data", "pack", images, "--size", 4, "--channels", 1, "--out", packed};
        assertEquals(
                "gradus data pack: " + broken + ": not a PNG, JPEG, WebP, GIF, BMP or TIFF image; repair or remove the"
                        + " image, or leave out broken ones with --broken skip",
                lastLine(Cli.run(pack)));
        List<Object> skip = new ArrayList<>(List.of(pack));
        skip.addAll(List.of("--broken", "skip", "--resize", "box"));
        String out = Cli.run(skip.toArray()).succeeds();
        assertTrue(out.startsWith("left out: " + broken + ": not a PNG"), out);
        assertTrue(out.contains("3 images in " + packed), out);
        String info = Cli.run("data", "info", packed).succeeds();
        assertTrue(info.contains("format    array\nimages    3\n"), info);
        assertTrue(info.contains("3 grey") && info.contains("3  4 x 4"), info);
    }

    private static String lastLine(Cli cli) {
        assertEquals(ExitCode.FAILED, cli.exitCode());
        return cli.err().lines().reduce((_, line) -> line).orElse("");
    }

    @Test
    void wrongUsageIsOneLine() throws IOException {
        Path file = folder.resolve("a.safetensors");
        assertEquals(
                "gradus data info: DATA: nowhere is neither a file or folder nor a data set that can be fetched"
                        + " (fashion-mnist, emoji, cifar10, cifar100)",
                Cli.run("data", "info", "nowhere").fails(ExitCode.USAGE));
        assertEquals(
                "gradus data fetch: NAME: mnist cannot be fetched; these can: fashion-mnist, emoji, cifar10, cifar100",
                Cli.run("data", "fetch", "mnist").fails(ExitCode.USAGE));
        assertEquals(
                "gradus data pack: --size: must be from 1 to 4096, is 0",
                Cli.run("data", "pack", images, "--size", 0, "--out", file).fails(ExitCode.USAGE));
        assertEquals(
                "gradus data pack: --out: must end in .safetensors, is a.bin",
                Cli.run("data", "pack", images, "--size", 4, "--out", "a.bin").fails(ExitCode.USAGE));
        assertEquals(
                "gradus data pack: --channels: data.channels: must be 1 or 3, is 2",
                Cli.run("data", "pack", images, "--size", 4, "--channels", 2, "--out", file)
                        .fails(ExitCode.USAGE));
        assertEquals(
                "gradus data show: --count: must be from 1 to 10000, is 0",
                Cli.run("data", "show", images, "--count", 0, "--out", folder.resolve("a.png"))
                        .fails(ExitCode.USAGE));
        assertEquals(
                "gradus data: what to do is missing: fetch, info, show, pack (see gradus data --help)",
                Cli.run("data").fails(ExitCode.USAGE));
    }

    @Test
    void trainingFromThePackedFileHasTheSameBits() throws IOException {
        Path data = TinyRun.data(folder);
        Path packed = folder.resolve("packed.safetensors");
        Cli.run("data", "pack", data, "--size", TinyRun.SIZE, "--out", packed).succeeds();
        Cli.run(TinyRun.train(folder, folder.resolve("plain"))).succeeds();
        Cli.run(TinyRun.train(
                        folder, folder.resolve("fast"), "--set", "data.format=array", "--set", "data.path=" + packed))
                .succeeds();
        String weights = "checkpoints/step-000006/model/diffusion_pytorch_model.safetensors";
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("plain").resolve(weights)),
                Files.readAllBytes(folder.resolve("fast").resolve(weights)));
    }
}
