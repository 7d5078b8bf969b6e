package dev.gradus.diffusion.model;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The files that {@code src/test/python/make_goldens.py} made. */
final class Goldens {
    private Goldens() {}

    /** A file or folder under {@code goldens}. */
    static Path path(String name) {
        URL url = Goldens.class.getResource("/goldens/" + name);
        if (url == null) {
            throw new IllegalStateException("no golden '" + name + "'; make_goldens.py makes them");
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
