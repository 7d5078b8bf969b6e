package dev.gradus.torch.bench;

import dev.gradus.torch.Index;
import dev.gradus.torch.NativeLibrary;
import dev.gradus.torch.Operator;
import dev.gradus.torch.Operators;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import dev.gradus.torch.optim.AdamW;
import java.util.LinkedHashMap;
import java.util.Map;

/** The cases in this library, inside of a scope as in a training loop. */
public class GradusCases extends Cases {
    private static final ConvOptions PADDED = ConvOptions.defaults().withPadding(1);

    private final Index[] part = {Index.range(1, 3), Index.ellipsis(), Index.at(0)};
    private final float[] floats = new float[FLOATS];
    private final Tensor[] weights = new Tensor[LAYERS.length - 1];
    private final Tensor[] biases = new Tensor[LAYERS.length - 1];
    private TensorScope scope;
    private Tensor a;
    private Tensor b;
    private Tensor matrix;
    private Tensor image;
    private Tensor filter;
    private Tensor bias;
    private Tensor x;
    private Tensor input;
    private Tensor target;
    private Operator addByName;
    private AdamW optimizer;

    @Override
    public void open() {
        Torch.setNumThreads(1);
        scope = TensorScope.open();
        a = Torch.ones(1);
        b = Torch.ones(1);
        matrix = Torch.ones(64, 64);
        image = Torch.ones(1, 16, 16, 16);
        filter = Torch.ones(16, 16, 3, 3);
        bias = Torch.ones(16);
        x = Torch.ones(4, 8, 8, 16);
        addByName = Operators.find("aten::add", "Tensor");
        input = Torch.randn(BATCH, LAYERS[0]);
        target = Torch.randn(BATCH, LAYERS[LAYERS.length - 1]);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Torch.randn(LAYERS[i + 1], LAYERS[i]).mul_(0.1).requiresGrad_(true);
            biases[i] = Torch.zeros(LAYERS[i + 1]).requiresGrad_(true);
            parameters.put(i + ".weight", weights[i]);
            parameters.put(i + ".bias", biases[i]);
        }
        optimizer = new AdamW(parameters, AdamW.Options.defaults());
    }

    @Override
    public void close() {
        optimizer.close();
        scope.close();
    }

    @Override
    String version() {
        return NativeLibrary.info().libtorchVersion();
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
        F.conv2d(image, filter, bias, PADDED).close();
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
        try (Tensor tensor = Torch.fromArray(floats, FLOATS)) {
            return tensor.toFloatArray();
        }
    }

    @Override
    void boxedOnce() {
        addByName.callTensor(a, b).close();
    }

    @Override
    void selectOnce() {
        x.get(2).close();
    }

    @Override
    void indexOnce() {
        x.get(part).close();
    }

    @Override
    void perceptronOnce() {
        try (var _ = TensorScope.open()) {
            Tensor y = input;
            for (int i = 0; i < weights.length; i++) {
                y = F.linear(i == 0 ? y : y.relu(), weights[i], biases[i]);
            }
            Tensor loss = F.mseLoss(y, target);
            optimizer.zeroGrad();
            loss.backward();
            optimizer.step(LEARNING_RATE);
        }
    }

    @Override
    void temporariesOnce() {
        try (var _ = TensorScope.open()) {
            for (int i = 0; i < TEMPORARIES; i++) {
                a.add(b);
            }
        }
    }
}
