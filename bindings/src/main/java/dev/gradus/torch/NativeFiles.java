package dev.gradus.torch;

import java.net.URL;

/**
 * What a native jar provides: a service whose only purpose is that {@link NativeLibrary} finds the jar, on the class path
 * and on the module path alike.
 *
 * <p>A native jar holds the shim for one platform and one libtorch, and its name tells which, as in
 * {@code gradus-torch-0.1.0-linux-x86_64-libtorch2.13.0-cpu.jar}. The class in it that implements this interface is
 * written by the build.
 */
public interface NativeFiles {

    /**
     * A file of the jar.
     *
     * @param name {@code libgradus_torch.so}, or {@code build.properties}, which describes it
     * @return null if there is no such file
     */
    URL file(String name);
}
