package dev.gradus.diffusion.report;

import java.nio.file.Path;
import java.util.List;

/**
 * The files of a run that a page is made of. Those that are not there yet are left out of it.
 *
 * @param name of the run
 * @param config its settings, a text
 * @param metrics one JSON object per logged step
 * @param stages one JSON object per stage of the curriculum
 * @param machine a JSON object
 * @param pictures in the order of their steps, which their names have
 */
public record RunFiles(String name, Path config, Path metrics, Path stages, Path machine, List<Path> pictures) {
    public RunFiles {
        pictures = List.copyOf(pictures);
    }
}
