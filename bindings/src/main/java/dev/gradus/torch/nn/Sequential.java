package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Layers one after the other, under the names 0, 1, 2 and so on, or names of their own.
 *
 * <pre>{@code
 * Layer net = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
 * }</pre>
 */
public final class Sequential extends Layer {
    private final Layer[] layers;

    /** Takes ownership of the layers. */
    public Sequential(Layer... layers) {
        this(numbered(List.of(layers)));
    }

    /** Takes ownership of the layers. */
    public Sequential(List<? extends Layer> layers) {
        this(numbered(layers));
    }

    /** Takes ownership of the layers, which keep their names. */
    public Sequential(SequencedMap<String, ? extends Layer> layers) {
        this.layers = layers.values().toArray(Layer[]::new);
        layers.forEach(this::registerModule);
    }

    private static SequencedMap<String, Layer> numbered(List<? extends Layer> layers) {
        SequencedMap<String, Layer> named = new LinkedHashMap<>();
        layers.forEach(layer -> named.put(Integer.toString(named.size()), layer));
        return named;
    }

    @Override
    public Tensor forward(Tensor input) {
        Tensor x = input;
        for (Layer layer : layers) {
            x = layer.call(x);
        }
        return x;
    }

    /** The layer at this place, counted from 0. */
    public Layer get(int index) {
        return layers[index];
    }

    /** How many layers there are. */
    public int size() {
        return layers.length;
    }
}
