package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;

/** What {@code src/test/python/make_eval_goldens.py} made; the tensors belong to the scope that is open. */
record MetricGoldens(Map<String, Tensor> tensors) {
    static MetricGoldens read() throws IOException {
        try {
            Path file = Path.of(
                    MetricGoldens.class.getResource("/goldens/eval.safetensors").toURI());
            return new MetricGoldens(SafeTensors.load(file));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    Tensor tensor(String name) {
        return tensors.get(name);
    }

    double[] values(String name) {
        return tensor(name).toDoubleArray();
    }

    long[][] rows(String name) {
        Tensor matrix = tensor(name);
        long[][] rows = new long[Math.toIntExact(matrix.size(0))][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = matrix.get(i).contiguous().toLongArray();
        }
        return rows;
    }
}
