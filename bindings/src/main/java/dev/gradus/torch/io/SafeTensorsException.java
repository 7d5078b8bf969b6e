package dev.gradus.torch.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A safetensors file that cannot be read or written. The message is one line: the file, the tensor where one is at
 * fault, and what is wrong.
 */
public final class SafeTensorsException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final String tensor;

    SafeTensorsException(Path file, String tensor, String problem, Throwable cause) {
        super(file + ": " + (tensor == null ? "" : "tensor '" + abbreviate(tensor) + "': ") + problem, cause);
        this.file = Objects.requireNonNull(file, "file").toString();
        this.tensor = tensor;
    }

    SafeTensorsException(Path file, String tensor, String problem) {
        this(file, tensor, problem, null);
    }

    SafeTensorsException(Path file, String problem) {
        this(file, null, problem, null);
    }

    /** The file, as the caller named it. */
    public String file() {
        return file;
    }

    /** The name of the tensor at fault; empty when the fault is the file's. */
    public Optional<String> tensor() {
        return Optional.ofNullable(tensor);
    }

    /** A name as it may be shown on a line: foreign files may hold names of any length and with any characters. */
    static String abbreviate(String name) {
        String shown = name.length() > 120 ? name.substring(0, 117) + "..." : name;
        StringBuilder line = new StringBuilder(shown.length());
        shown.chars().forEach(c -> line.append(Character.isISOControl(c) ? '?' : (char) c));
        return line.toString();
    }
}
