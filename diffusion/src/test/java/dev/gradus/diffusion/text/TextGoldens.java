package dev.gradus.diffusion.text;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The files that {@code src/test/python/make_text_goldens.py} made. */
final class TextGoldens {
    private TextGoldens() {}

    /** A file or folder under {@code goldens}. */
    static Path path(String name) throws URISyntaxException {
        return Path.of(TextGoldens.class.getResource("/goldens/" + name).toURI());
    }
}
