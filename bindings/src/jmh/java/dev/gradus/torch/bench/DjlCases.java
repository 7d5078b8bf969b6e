package dev.gradus.torch.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.LinkedHashMap;
import java.util.Map;

/** The cases in the Deep Java Library, with its engine for PyTorch. What can be made once and used again is. */
public class DjlCases extends Cases {
    private static final Shape ONE = new Shape(1, 1);

    private final float[] floats = new float[FLOATS];
    private final NDArray[] weights = new NDArray[LAYERS.length - 1];
    private final NDArray[] biases = new NDArray[LAYERS.length - 1];
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final NDIndex third = new NDIndex(2);
    private final NDIndex part = new NDIndex("1:3, ..., 0");
    private NDManager manager;
    private NDArray a;
    private NDArray b;
    private NDArray matrix;
    private NDArray image;
    private NDArray filter;
    private NDArray bias;
    private NDArray x;
    private NDArray input;
    private NDArray target;
    private Optimizer optimizer;

    @Override
    public void open() {
        manager = NDManager.newBaseManager("PyTorch");
        a = manager.ones(new Shape(1));
        b = manager.ones(new Shape(1));
        matrix = manager.ones(new Shape(64, 64));
        image = manager.ones(new Shape(1, 16, 16, 16));
        filter = manager.ones(new Shape(16, 16, 3, 3));
        bias = manager.ones(new Shape(16));
        x = manager.ones(new Shape(4, 8, 8, 16));
        input = manager.randomNormal(new Shape(BATCH, LAYERS[0]));
        target = manager.randomNormal(new Shape(BATCH, LAYERS[LAYERS.length - 1]));
        for (int i = 0; i < weights.length; i++) {
            weights[i] =
                    manager.randomNormal(new Shape(LAYERS[i + 1], LAYERS[i])).mul(0.1f);
            biases[i] = manager.zeros(new Shape(LAYERS[i + 1]));
            parameters.put(i + ".weight", weights[i]);
            parameters.put(i + ".bias", biases[i]);
        }
        parameters.values().forEach(parameter -> parameter.setRequiresGradient(true));
        optimizer = Optimizer.adamW()
                .optLearningRateTracker(Tracker.fixed((float) LEARNING_RATE))
                .build();
    }

    @Override
    public void close() {
        manager.close();
    }

    @Override
    String version() {
        return Engine.getEngine("PyTorch").getVersion();
    }

    @Override
    void addOnce() {
        a.add(b).close();
    }

    @Override
    void matmulOnce() {
        matrix.matMul(matrix).close();
    }

    @Override
    void convOnce() {
        try (NDList list = Conv2d.conv2d(image, filter, bias, ONE, ONE)) {
            list.head();
        }
    }

    @Override
    long dimOnce() {
        return x.getShape().dimension();
    }

    @Override
    long[] shapeOnce() {
        return x.getShape().getShape();
    }

    @Override
    float[] arrayOnce() {
        try (NDArray array = manager.create(floats)) {
            return array.toFloatArray();
        }
    }

    @Override
    void boxedOnce() {
        throw new UnsupportedOperationException("DJL has no call by name");
    }

    @Override
    void selectOnce() {
        x.get(third).close();
    }

    @Override
    void indexOnce() {
        x.get(part).close();
    }

    @Override
    void perceptronOnce() {
        try (NDManager step = manager.newSubManager()) {
            input.attach(step);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = input;
                for (int i = 0; i < weights.length; i++) {
                    NDArray activated = i == 0 ? y : Activation.relu(y);
                    y = Linear.linear(activated, weights[i], biases[i]).head();
                }
                collector.zeroGradients();
                collector.backward(y.sub(target).square().mean());
            }
            parameters.forEach((name, parameter) -> {
                try (NDArray gradient = parameter.getGradient()) {
                    optimizer.update(name, parameter, gradient);
                }
            });
            input.attach(manager);
        }
    }

    @Override
    void temporariesOnce() {
        try (NDManager scope = manager.newSubManager()) {
            a.attach(scope);
            for (int i = 0; i < TEMPORARIES; i++) {
                a.add(b);
            }
            a.attach(manager);
        }
    }
}
