package dev.gradus.torch;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a tensor lives.
 *
 * @param type the kind of device
 * @param index which one of its kind, from 0; -1 is the current one
 */
public record Device(Type type, int index) {

    /** Kinds of devices. */
    public enum Type {
        /** The host. */
        CPU(0),
        /** An NVIDIA GPU. */
        CUDA(1),
        /** None: tensors there have a shape and a dtype, but no elements. */
        META(14);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        /** The number of c10::DeviceType. */
        int code() {
            return code;
        }
    }

    private static final Pattern SPELLING = Pattern.compile("(cpu|cuda|meta)(?::(\\d{1,3}))?");
    private static final Device CPU = new Device(Type.CPU, -1);
    private static final Device META = new Device(Type.META, -1);
    private static final Device CUDA = new Device(Type.CUDA, -1);

    /** Checks the index. */
    public Device {
        Objects.requireNonNull(type, "type");
        if (index < -1 || index > 127) {
            throw new IllegalArgumentException(
                    "device index " + index + " is not in [0, 127] (or -1, the current one)");
        }
    }

    /** The host. */
    public static Device cpu() {
        return CPU;
    }

    /** No device: tensors there have a shape and a dtype, but no elements. */
    public static Device meta() {
        return META;
    }

    /** The current CUDA device. */
    public static Device cuda() {
        return CUDA;
    }

    /** The CUDA device of a number, from 0. */
    public static Device cuda(int index) {
        return new Device(Type.CUDA, index);
    }

    /**
     * Reads {@code cpu}, {@code cuda}, {@code cuda:1} or {@code meta}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    public static Device parse(String text) {
        Matcher matcher = SPELLING.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no device; write cpu, cuda or cuda:N");
        }
        Type type = Type.valueOf(matcher.group(1).toUpperCase(Locale.ROOT));
        return new Device(type, matcher.group(2) == null ? -1 : Integer.parseInt(matcher.group(2)));
    }

    static Device of(int typeCode, int index) {
        return switch (typeCode) {
            case 0 -> CPU;
            case 1 -> new Device(Type.CUDA, index);
            case 14 -> META;
            default ->
                throw new TorchTypeException("the tensor is on the device type with libtorch's code " + typeCode
                        + "; Gradus knows the CPU, CUDA and meta");
        };
    }

    /** Whether this is a CUDA device. */
    public boolean isCuda() {
        return type == Type.CUDA;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        String name = type.name().toLowerCase(Locale.ROOT);
        return index < 0 ? name : name + ":" + index;
    }
}
