package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of an operator's argument as its schema writes it, such as {@code Tensor?[]} or {@code int[2]?}: which Java
 * objects it takes, and how they go into a call.
 *
 * @param text as in the schema
 * @param base the type without list and optional: {@code Tensor}, {@code int}, {@code Scalar}, ...
 * @param elementOptional whether null is an element of the list
 * @param list whether it is a list
 * @param length of the list that one element stands for; 0 for none
 * @param optional whether null is taken
 */
record ArgumentType(String text, String base, boolean elementOptional, boolean list, int length, boolean optional) {

    private static final Pattern SPELLING = Pattern.compile("([^?\\[]+)(\\?)?(?:(\\[)(\\d*)\\])?(\\?)?");

    static ArgumentType parse(String text) {
        Matcher matcher = SPELLING.matcher(text);
        if (!matcher.matches()) {
            return new ArgumentType(text, text, false, false, 0, text.endsWith("?"));
        }
        boolean list = matcher.group(3) != null;
        int length = list && !matcher.group(4).isEmpty() ? Integer.parseInt(matcher.group(4)) : 0;
        boolean firstMark = matcher.group(2) != null;
        boolean optional = matcher.group(5) != null || (firstMark && !list);
        return new ArgumentType(text, matcher.group(1), firstMark && list, list, length, optional);
    }

    /**
     * Whether the argument can be this object.
     *
     * @param exact whether an integer may not stand for a float, nor one element for a list
     */
    boolean takes(Object value, boolean exact) {
        if (value == null) {
            return optional;
        }
        if (!list) {
            return takesOne(value, exact);
        }
        if (!isList(value)) {
            return length > 0 && !exact && takesOne(value, false);
        }
        for (Object element : elements(value)) {
            if (element == null ? !elementOptional : !takesOne(element, exact)) {
                return false;
            }
        }
        return true;
    }

    private boolean takesOne(Object value, boolean exact) {
        return switch (base) {
            case "Tensor" -> value instanceof Tensor;
            case "int", "QScheme" -> isInteger(value);
            case "float" -> isFloat(value) || (!exact && isInteger(value));
            case "bool" -> value instanceof Boolean;
            case "Scalar" -> isInteger(value) || isFloat(value) || value instanceof Boolean || value instanceof Complex;
            case "complex" -> value instanceof Complex || (!exact && (isFloat(value) || isInteger(value)));
            case "str" -> value instanceof String;
            case "ScalarType" -> value instanceof DType;
            case "Layout" -> value instanceof Layout;
            case "Device" -> value instanceof Device;
            case "MemoryFormat" -> value instanceof MemoryFormat;
            case "Generator" -> value instanceof Generator;
            default -> false;
        };
    }

    private static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
    }

    private static boolean isFloat(Object value) {
        return value instanceof Double || value instanceof Float;
    }

    private static boolean isList(Object value) {
        return value instanceof List<?>
                || value instanceof TensorList
                || value.getClass().isArray();
    }

    private static List<?> elements(Object list) {
        if (list instanceof List<?> objects) {
            return objects;
        } else if (list instanceof TensorList tensors) {
            return tensors.tensors();
        } else if (list instanceof Object[] objects) {
            return Arrays.asList(objects);
        }
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < Array.getLength(list); i++) {
            elements.add(Array.get(list, i));
        }
        return elements;
    }

    /** What it takes, in Java's words. */
    String wanted() {
        String one = switch (base) {
            case "int", "QScheme" -> "int or long";
            case "float" -> "double";
            case "bool" -> "boolean";
            case "Scalar" -> "number, boolean or Complex";
            case "complex" -> "Complex";
            case "str" -> "String";
            case "ScalarType" -> "DType";
            default -> base;
        };
        String type = list ? (length > 0 ? one + ", or a list of " + length + " of them" : "list of " + one) : one;
        return type + (elementOptional ? " (elements may be null)" : "") + (optional ? ", or null" : "");
    }

    /** Why the object is not taken, for an error message. */
    String refusal(Object value) {
        if (value != null && list && isList(value)) {
            int index = 0;
            for (Object element : elements(value)) {
                if (element == null ? !elementOptional : !takesOne(element, false)) {
                    return "element " + index + " is " + describe(element) + "; it takes " + wanted() + " (" + text
                            + ")";
                }
                index++;
            }
        }
        return describe(value) + " was given; it takes " + wanted() + " (" + text + ")";
    }

    /** An object in a few words. */
    static String describe(Object value) {
        return switch (value) {
            case null -> "null";
            case Tensor _ -> "a Tensor";
            case String text -> "the String \"" + text + "\"";
            case Number number -> "the " + value.getClass().getSimpleName() + " " + number;
            case Boolean truth -> "the Boolean " + truth;
            case List<?> list -> "a List of " + list.size();
            case Enum<?> constant -> constant.getClass().getSimpleName() + "." + constant.name();
            default -> "a " + value.getClass().getSimpleName();
        };
    }

    /** Writes an object that is taken as the next argument of a call. */
    void write(Call call, Object value) {
        if (value == null) {
            call.none();
        } else if (!list || !isList(value)) {
            writeOne(call, value);
        } else {
            switch (value) {
                case long[] numbers when !base.equals("Scalar") -> call.ints(numbers);
                case double[] numbers when !base.equals("Scalar") -> call.floats(numbers);
                case boolean[] truths when !base.equals("Scalar") -> call.bools(truths);
                default -> writeElements(call, elements(value));
            }
        }
    }

    private void writeElements(Call call, List<?> elements) {
        if (base.equals("Tensor")) {
            List<Tensor> tensors = new ArrayList<>(elements.size());
            elements.forEach(element -> tensors.add((Tensor) element));
            call.optionalTensors(tensors);
            return;
        }
        call.holder(GradusTorch.GT_VALUE_LIST(), elements.size());
        for (Object element : elements) {
            if (element == null) {
                call.none();
            } else {
                writeOne(call, element);
            }
        }
    }

    private void writeOne(Call call, Object value) {
        switch (value) {
            case Tensor tensor -> call.tensor(tensor);
            case Boolean truth -> call.bool(truth);
            case Number number when base.equals("complex") -> call.complex(number.doubleValue(), 0);
            case Number number -> call.scalarOrNone(number);
            case Complex number -> call.complex(number.real(), number.imaginary());
            case String string -> call.string(string);
            case DType dtype -> call.dtype(dtype);
            case Layout layout -> call.layout(layout);
            case Device device -> call.device(device);
            case MemoryFormat format -> call.memoryFormat(format);
            case Generator generator -> call.generator(generator);
            default -> throw new IllegalStateException("an argument of type " + text + " cannot be written");
        }
    }
}
