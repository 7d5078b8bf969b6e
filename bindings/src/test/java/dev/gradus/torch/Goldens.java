package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.gradus.torch.io.SafeTensors;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tensors that Python made, read from a file of the test resources. The file says which libtorch and which instruction set
 * they were made with: where both are the ones of this machine, the same kernels run.
 */
public final class Goldens implements AutoCloseable {
    private final String name;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> about;
    private final boolean sameKernels;

    /** The file {@code name} of the test resources, such as {@code "/optim/optimizers.safetensors"}. */
    public Goldens(String name) {
        this.name = name;
        try (SafeTensors.File file =
                SafeTensors.read(Path.of(Goldens.class.getResource(name).toURI()))) {
            about = file.metadata();
            sameKernels = Torch.version().equals(about.get("torch"))
                    && Torch.cpuCapability().equals(about.get("cpu"));
            try (TensorScope scope = TensorScope.open()) {
                tensors = file.all();
                tensors.values().forEach(scope::keep);
            }
        } catch (URISyntaxException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether this machine runs the kernels that made the file. */
    public boolean sameKernels() {
        return sameKernels;
    }

    /** What the file says about this. */
    public String about(String key) {
        return about.get(key);
    }

    /** The tensor of this name. */
    public Tensor get(String key) {
        Tensor tensor = tensors.get(key);
        assertNotNull(tensor, () -> name + " has no " + key);
        return tensor;
    }

    /** The names that start with {@code prefix}, without it. */
    public Set<String> names(String prefix) {
        return tensors.keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .collect(Collectors.toCollection(java.util.TreeSet::new));
    }

    /** The same shape and, within a tolerance relative to the largest value, the same numbers. */
    public void assertClose(String key, Tensor actual, double tolerance) {
        Tensor expected = get(key);
        assertNotNull(actual, () -> key + " is null");
        assertArrayEquals(expected.shape(), actual.shape(), () -> "shape of " + key);
        double[] numbers = expected.toDoubleArray();
        double largest = 1;
        for (double number : numbers) {
            largest = Math.max(largest, Math.abs(number));
        }
        assertArrayEquals(numbers, actual.detach().toDoubleArray(), tolerance * largest, () -> "values of " + key);
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
    }
}
