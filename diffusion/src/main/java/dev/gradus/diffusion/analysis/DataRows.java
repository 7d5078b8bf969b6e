package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntToLongFunction;

/** The images of a data set as rows of a float64 matrix, decoded when asked for: only the rows asked for are in memory. */
final class DataRows implements AutoCloseable {
    private final ImageDataset dataset;
    private final Device device;
    private final long count;
    private final int dimension;
    private final int most;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer;

    /**
     * @param count how many images, the first ones, count as the data set
     * @param most rows in one matrix
     */
    DataRows(ImageDataset dataset, long count, int most, Device device) {
        this.dataset = dataset;
        this.device = device;
        this.count = count;
        this.dimension = dimension(dataset);
        this.most = most;
        this.buffer = arena.allocate((long) most * dimension * Float.BYTES, 64);
    }

    /** C * H * W. */
    static int dimension(ImageDataset dataset) {
        return Math.multiplyExact(Math.multiplyExact(dataset.channels(), dataset.height()), dataset.width());
    }

    long count() {
        return count;
    }

    int dimension() {
        return dimension;
    }

    /** Called with one block of images after another. */
    @FunctionalInterface
    interface BlockVisitor {
        /**
         * @param rows (N, dimension) float64; freed on return
         * @param done images visited, with these
         */
        void visit(Tensor rows, long done);
    }

    /** All images in order, in blocks of at most {@code most}. */
    void forEachBlock(BlockVisitor visitor) {
        for (long first = 0; first < count; first += most) {
            int size = (int) Math.min(most, count - first);
            long from = first;
            try (var _ = TensorScope.open()) {
                visitor.visit(rows(size, i -> from + i), first + size);
            }
        }
    }

    /** Some images, at most {@code most}: (size, dimension) float64, owned by the current scope. */
    Tensor rows(int size, IntToLongFunction index) {
        long bytes = (long) dimension * Float.BYTES;
        for (int i = 0; i < size; i++) {
            dataset.decode(index.applyAsLong(i), buffer.asSlice(i * bytes, bytes));
        }
        try (TensorScope scope = TensorScope.open()) {
            Tensor values = Torch.fromSegment(buffer.asSlice(0, size * bytes), DType.FLOAT32, size, dimension);
            return scope.promote(values.to(device).to(DType.FLOAT64));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
