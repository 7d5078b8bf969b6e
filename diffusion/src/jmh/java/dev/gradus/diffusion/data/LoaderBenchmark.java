package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.image.ImageDecoder;
import dev.gradus.diffusion.data.image.UnreadableImageException;
import dev.gradus.torch.Device;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Images a second of 32 x 32 in colour: what a batch of {@link Loader} costs from a packed file and from a folder of PNG files,
 * and what decoding such a file costs alone, on one thread.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LoaderBenchmark {
    private static final int BATCH = 256;
    private static final int IMAGES = 4096;
    private static final int SIZE = 32;
    private static final FetchProgress SILENT = (what, done, total) -> {};

    /** Images on the disk. */
    @State(Scope.Benchmark)
    public static class Data {
        private Path folder;
        Path images;
        Path packed;
        byte[] file;

        @Setup(Level.Trial)
        public void write() throws IOException {
            folder = Files.createTempDirectory("gradus-bench");
            images = Files.createDirectory(folder.resolve("images"));
            packed = folder.resolve("packed.safetensors");
            Random random = new Random(1);
            for (int i = 0; i < IMAGES; i++) {
                ImageIO.write(picture(random), "png", images.resolve(i + ".png").toFile());
            }
            file = Files.readAllBytes(images.resolve("0.png"));
            Packing.pack(new DataConfig(DataConfig.Format.IMAGES, images.toString(), 1), SIZE, packed, 2, SILENT);
        }

        /** Smooth with a little noise, which PNG packs about as well as a photograph. */
        private static BufferedImage picture(Random random) {
            BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
            int base = random.nextInt(64);
            for (int y = 0; y < SIZE; y++) {
                for (int x = 0; x < SIZE; x++) {
                    int noise = random.nextInt(8);
                    image.setRGB(x, y, (base + 5 * x + noise) << 16 | (base + 5 * y + noise) << 8 | base + noise);
                }
            }
            return image;
        }

        @TearDown(Level.Trial)
        public void delete() throws IOException {
            try (Stream<Path> files = Files.list(images)) {
                for (Path path : files.toList()) {
                    Files.delete(path);
                }
            }
            Files.delete(images);
            Files.delete(packed);
            Files.delete(folder);
        }
    }

    /** An open loader. */
    @State(Scope.Benchmark)
    public static class Open {
        @Param({"packed", "png"})
        private String source;

        @Param({"1", "2"})
        private int workers;

        @Param({"false", "true"})
        private boolean augmented;

        private Loader loader;

        @Setup(Level.Trial)
        public void open(Data data) throws IOException {
            Torch.setNumThreads(1);
            Torch.retainFreedMemory();
            DataConfig config = source.equals("packed")
                    ? new DataConfig(DataConfig.Format.ARRAY, data.packed.toString(), workers)
                    : new DataConfig(DataConfig.Format.IMAGES, data.images.toString(), workers);
            ImageDataset dataset = Datasets.open(config, SIZE, false, SILENT);
            Augmentation augmentation = augmented ? new Augmentation(true, 4) : Augmentation.NONE;
            loader = new Loader(dataset, BATCH, Device.cpu(), 1, 0, workers, augmentation);
        }

        @TearDown(Level.Trial)
        public void close() {
            loader.close();
        }
    }

    /** A batch as training takes it, as floats on the CPU. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long loader(Open open) throws IOException {
        try (var _ = TensorScope.open()) {
            return open.loader.next().images().size(0);
        }
    }

    /** One file, already in memory, on one thread. */
    @Benchmark
    public int decoder(Data data) throws UnreadableImageException {
        return ImageDecoder.decode(data.file).width();
    }
}
