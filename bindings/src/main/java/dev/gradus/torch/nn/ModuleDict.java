package dev.gradus.torch.nn;

import java.util.Map;
import java.util.Set;

/** Modules under names, in the order in which they were put in. */
public final class ModuleDict<M extends Module> extends Module {
    private final Map<String, M> modules;

    /**
     * Takes ownership of the modules.
     *
     * @throws IllegalArgumentException if a name is empty or has a dot
     */
    public ModuleDict(Map<String, ? extends M> modules) {
        this.modules = new java.util.LinkedHashMap<>(modules);
        this.modules.forEach(this::registerModule);
    }

    /**
     * The module of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public M get(String name) {
        M module = modules.get(name);
        if (module == null) {
            throw new IllegalArgumentException("there is no module '" + name + "', only " + modules.keySet());
        }
        return module;
    }

    /** The names, in order. */
    public Set<String> names() {
        return java.util.Collections.unmodifiableSet(modules.keySet());
    }
}
