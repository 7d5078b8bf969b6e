package dev.gradus.torch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.EllipsisIndexType;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Slice;
import org.bytedeco.pytorch.SymInt;
import org.bytedeco.pytorch.SymIntOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorIndex;
import org.bytedeco.pytorch.TensorIndexVector;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The cases in the presets of bytedeco. What can be made once and used again is. */
public class BytedecoCases extends Cases {
    private static final long[] ONE = {1, 1};

    private final float[] floats = new float[FLOATS];
    private final Tensor[] weights = new Tensor[LAYERS.length - 1];
    private final TensorOptional[] biases = new TensorOptional[LAYERS.length - 1];
    private Tensor a;
    private Tensor b;
    private Tensor matrix;
    private Tensor image;
    private Tensor filter;
    private TensorOptional bias;
    private Tensor x;
    private Tensor input;
    private Tensor target;
    private TensorIndexVector part;
    private OperatorHandle addByName;
    private AdamW optimizer;

    @Override
    public void open() {
        torch.set_num_threads(1);
        a = torch.ones(1);
        b = torch.ones(1);
        matrix = torch.ones(64, 64);
        image = torch.ones(1, 16, 16, 16);
        filter = torch.ones(16, 16, 3, 3);
        bias = new TensorOptional(torch.ones(16));
        x = torch.ones(4, 8, 8, 16);
        part = new TensorIndexVector(
                new TensorIndex(new Slice(optional(1), optional(3), new SymIntOptional())),
                new TensorIndex(new EllipsisIndexType()),
                new TensorIndex(0L));
        addByName = Dispatcher.singleton().findSchemaOrThrow("aten::add", "Tensor");
        input = torch.randn(BATCH, LAYERS[0]);
        target = torch.randn(BATCH, LAYERS[LAYERS.length - 1]);
        TensorVector parameters = new TensorVector();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = torch.randn(LAYERS[i + 1], LAYERS[i]).mul_(new Scalar(0.1f));
            Tensor layerBias = torch.zeros(LAYERS[i + 1]);
            biases[i] = new TensorOptional(layerBias);
            Stream.of(weights[i], layerBias).forEach(p -> parameters.push_back(p.requires_grad_(true)));
        }
        optimizer = new AdamW(parameters, new AdamWOptions(LEARNING_RATE));
    }

    private static SymIntOptional optional(long value) {
        return new SymIntOptional(new SymInt(value));
    }

    @Override
    public void close() {
        optimizer.close();
    }

    @Override
    String version() {
        try {
            return Loader.getVersion("org.bytedeco", "pytorch").split("-")[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    void addOnce() {
        a.add(b).close();
    }

    @Override
    void matmulOnce() {
        matrix.matmul(matrix).close();
    }

    @Override
    void convOnce() {
        torch.conv2d(image, filter, bias, ONE, ONE, ONE, 1).close();
    }

    @Override
    long dimOnce() {
        return x.dim();
    }

    @Override
    long[] shapeOnce() {
        return x.shape();
    }

    @Override
    float[] arrayOnce() {
        try (Tensor tensor = Tensor.create(floats)) {
            float[] result = new float[(int) tensor.numel()];
            tensor.data_ptr_float().get(result);
            return result;
        }
    }

    @Override
    void boxedOnce() {
        try (PointerScope _ = new PointerScope()) {
            IValueVector stack = new IValueVector(new IValue(a), new IValue(b), new IValue(1L));
            addByName.callBoxed(stack);
            stack.front().toTensor();
        }
    }

    @Override
    void selectOnce() {
        x.select(0, 2).close();
    }

    @Override
    void indexOnce() {
        x.index(part).close();
    }

    @Override
    void perceptronOnce() {
        try (PointerScope _ = new PointerScope()) {
            Tensor y = input;
            for (int i = 0; i < weights.length; i++) {
                y = torch.linear(i == 0 ? y : y.relu(), weights[i], biases[i]);
            }
            Tensor loss = torch.mse_loss(y, target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }

    @Override
    void temporariesOnce() {
        try (PointerScope _ = new PointerScope()) {
            for (int i = 0; i < TEMPORARIES; i++) {
                a.add(b);
            }
        }
    }
}
