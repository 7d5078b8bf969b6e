package dev.gradus.diffusion.docs;

import dev.gradus.diffusion.data.ImageDataset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Grey images of one size in the binary PGM format, with a header of 13 bytes such as "P5\n28 28\n255\n". */
record PgmFolder(List<Path> files, int height, int width) implements ImageDataset {
    static PgmFolder open(Path folder, int height, int width) throws IOException {
        try (var files = Files.list(folder)) {
            return new PgmFolder(
                    files.filter(f -> f.toString().endsWith(".pgm")).sorted().toList(), height, width);
        }
    }

    @Override
    public long size() {
        return files.size();
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public void decode(long index, MemorySegment target) {
        try {
            byte[] file = Files.readAllBytes(files.get((int) index));
            for (int i = 0; i < height * width; i++) {
                float value = (file[file.length - height * width + i] & 0xff) / 127.5f - 1;
                target.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
