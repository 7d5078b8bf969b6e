package dev.gradus.torch;

import java.nio.file.Path;

/** Where Gradus keeps, for each user, what can be fetched or made again. */
public final class UserCache {

    private UserCache() {}

    /**
     * {@code $XDG_CACHE_HOME/gradus}, or {@code ~/.cache/gradus} where that variable is not set to an absolute path, as
     * the XDG Base Directory Specification has it. The folder need not exist yet.
     */
    public static Path folder() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("gradus");
    }
}
