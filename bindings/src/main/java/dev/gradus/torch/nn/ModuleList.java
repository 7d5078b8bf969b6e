package dev.gradus.torch.nn;

import java.util.Iterator;
import java.util.List;

/** Modules under the names 0, 1, 2 and so on. */
public final class ModuleList<M extends Module> extends Module implements Iterable<M> {
    private final List<M> modules;

    /** Takes ownership of the modules. */
    public ModuleList(List<? extends M> modules) {
        this.modules = List.copyOf(modules);
        for (int i = 0; i < this.modules.size(); i++) {
            registerModule(Integer.toString(i), this.modules.get(i));
        }
    }

    /** The module named {@code index}. */
    public M get(int index) {
        return modules.get(index);
    }

    /** How many modules there are. */
    public int size() {
        return modules.size();
    }

    @Override
    String describe() {
        return Repr.ofList("ModuleList", modules);
    }

    @Override
    public Iterator<M> iterator() {
        return modules.iterator();
    }
}
