package dev.gradus.cli.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Layers of settings put on top of each other; the last one to set a key wins. */
public final class Settings {
    private final Map<String, Setting> byKey = new LinkedHashMap<>();
    private final Map<String, Integer> layerOf = new HashMap<>();
    private int layers;

    /** Puts one more layer on top. */
    public Settings add(List<Setting> layer) {
        layers++;
        for (Setting setting : layer) {
            layerOf.put(setting.key(), layers);
            byKey.remove(setting.key());
            byKey.put(setting.key(), setting);
        }
        return this;
    }

    /** Puts one more setting on top; a null value means that it was not given. */
    public Settings addOption(String option, String key, Object value) {
        return value == null ? this : add(List.of(Setting.option(option, key, value)));
    }

    /** Whether one setting comes from a lower layer than another. */
    boolean isBelow(String key, String other) {
        return layerOf.get(key) < layerOf.get(other);
    }

    /** What is left of all layers. */
    public Collection<Setting> all() {
        return byKey.values();
    }
}
