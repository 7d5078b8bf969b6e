package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Tensors as text, character by character as PyTorch's {@code repr}. */
final class TensorPrinter {

    private static final String PREFIX = "tensor(";
    private static final Operator NNZ = Operator.named("aten::_nnz", "");
    private static final List<String> BY_ROW = List.of("crow_indices", "col_indices", "values");
    private static final List<String> BY_COLUMN = List.of("ccol_indices", "row_indices", "values");
    private static final Map<String, List<String>> SPARSE_PARTS = Map.of(
            "sparse_coo", List.of("_indices", "_values"),
            "sparse_csr", BY_ROW,
            "sparse_bsr", BY_ROW,
            "sparse_csc", BY_COLUMN,
            "sparse_bsc", BY_COLUMN);

    private final PrintOptions options;
    private final long[] shape;
    private final boolean summarized;
    private final Cells cells;
    private int next;

    /**
     * The elements to show, in row-major order.
     *
     * @param text the text of one, all of about one width
     * @param width of one with what separates it from the next
     */
    private record Cells(IntFunction<String> text, int width) {}

    private TensorPrinter(Tensor tensor, DType dtype, long[] shape, PrintOptions options) {
        this.options = options;
        this.shape = shape;
        this.summarized = tensor.numel() > options.threshold();
        this.cells = cells(tensor, dtype);
    }

    /** For toString, which must not fail: a debugger calls it at any time. */
    static String printSafely(Tensor tensor) {
        try {
            return tensor.isClosed() ? "tensor(closed)" : print(tensor, PrintOptions.current());
        } catch (WrongThreadException e) {
            return "tensor(confined to another thread)";
        } catch (IllegalStateException e) {
            return "tensor(closed)";
        } catch (RuntimeException e) { // libtorch's, or of a tensor that another thread changes meanwhile
            return "tensor(unreadable: " + e.getMessage() + ")";
        }
    }

    static String print(Tensor tensor, PrintOptions options) {
        DType dtype = tensor.dtype();
        long[] shape = tensor.shape();
        DType defaultDtype = TensorOptions.defaults().dtype();
        Device device = tensor.device();
        List<String> suffixes = new ArrayList<>();
        if (device.type() != Device.Type.CPU) {
            suffixes.add("device='" + device + "'");
        }
        String size = "size=" + tuple(shape);
        String type = "dtype=torch." + dtype;
        String layout = Strings.of(GradusTorch.gt_layout_name(tensor.handle()));
        Tensor.done();
        String text;
        boolean sparse = layout.startsWith("sparse");
        if (sparse) {
            suffixes.add(size);
            suffixes.add("nnz=" + Call.of(NNZ).tensor(tensor).intResult());
            addUnless(isToldByElements(dtype, defaultDtype), type, suffixes);
            text = sparse(tensor, layout, options);
        } else if (device.type() == Device.Type.META || !layout.equals("strided") || dtype.isQuantized()) {
            suffixes.add(size);
            addUnless(dtype == defaultDtype, type, suffixes);
            text = "...";
        } else if (isEmpty(shape)) {
            addUnless(shape.length == 1, size, suffixes);
            addUnless(dtype == defaultDtype, type, suffixes);
            text = "[]";
        } else {
            addUnless(options.edgeItems() > 0, size, suffixes);
            addUnless(isToldByElements(dtype, defaultDtype), type, suffixes);
            text = new TensorPrinter(tensor, dtype, shape, options).block(0, PREFIX.length());
        }
        addUnless(layout.equals("strided"), "layout=torch." + layout, suffixes);
        String function = Strings.of(GradusTorch.gt_grad_fn_name(tensor.handle()));
        Tensor.done();
        if (!function.isEmpty()) {
            suffixes.add("grad_fn=<" + function + ">");
        } else {
            addUnless(!tensor.requiresGrad(), "requires_grad=True", suffixes);
        }
        return join(PREFIX + text, suffixes, options.lineWidth(), layout.equals("sparse_coo"));
    }

    /** What a sparse tensor stores: where its elements are, and which. */
    private static String sparse(Tensor tensor, String layout, PrintOptions options) {
        List<String> parts = new ArrayList<>();
        for (String name : SPARSE_PARTS.get(layout)) {
            String label = (name.startsWith("_") ? name.substring(1) : name) + "=tensor(";
            try (Tensor part = Call.of(Operator.named("aten::" + name, ""))
                            .tensor(tensor)
                            .result();
                    Tensor detached = part.detach()) {
                long[] shape = detached.shape();
                boolean empty = isEmpty(shape);
                int indent = PREFIX.length() + label.length();
                parts.add(label
                        + (empty
                                ? "[], size=" + tuple(shape)
                                : new TensorPrinter(detached, detached.dtype(), shape, options).block(0, indent))
                        + ")");
            }
        }
        return String.join(",\n" + " ".repeat(PREFIX.length()), parts);
    }

    private static void addUnless(boolean known, String suffix, List<String> suffixes) {
        if (!known) {
            suffixes.add(suffix);
        }
    }

    private static boolean isToldByElements(DType dtype, DType defaultDtype) {
        DType complex = defaultDtype == DType.FLOAT64 ? DType.COMPLEX128 : DType.COMPLEX64;
        return dtype == defaultDtype || dtype == complex || dtype == DType.INT64 || dtype == DType.BOOL;
    }

    private static String join(String text, List<String> suffixes, int lineWidth, boolean onNewLine) {
        StringBuilder joined = new StringBuilder(text);
        int column = text.length() - text.lastIndexOf('\n') + 1;
        for (String suffix : suffixes) {
            boolean first = joined.length() == text.length();
            if (first && onNewLine || column + suffix.length() + 2 > lineWidth) {
                joined.append(",\n").append(" ".repeat(PREFIX.length())).append(suffix);
                column = PREFIX.length() + suffix.length();
            } else {
                joined.append(", ").append(suffix);
                column += suffix.length() + 2;
            }
        }
        return joined.append(')').toString();
    }

    // ------------------------------------------------------------------- structure

    /** The dimensions from dim on of the elements that come next. */
    private String block(int dim, int indent) {
        int dims = shape.length - dim;
        if (dims == 0) {
            return cells.text.apply(next++);
        }
        List<String> parts = new ArrayList<>();
        int edge = options.edgeItems();
        boolean cut = isCut(shape[dim]);
        long shown = cut ? 2L * edge : shape[dim];
        for (long i = 0; i < shown; i++) {
            if (cut && i == edge) {
                parts.add(gap(dims));
            }
            parts.add(block(dim + 1, indent + 1));
        }
        if (shown == 0) {
            parts.add("...");
        }
        String newLine = "\n" + " ".repeat(indent + 1);
        if (dims > 1) {
            return "[" + String.join("," + "\n".repeat(dims - 2) + newLine, parts) + "]";
        }
        int inLine = Math.max(1, Math.floorDiv(options.lineWidth() - indent, cells.width));
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < parts.size(); i += inLine) {
            lines.add(String.join(", ", parts.subList(i, Math.min(i + inLine, parts.size()))));
        }
        return "[" + String.join("," + newLine, lines) + "]";
    }

    private static String gap(int dims) {
        return dims == 1 ? " ..." : "...";
    }

    private boolean isCut(long size) {
        return summarized && size > 2L * options.edgeItems();
    }

    private static boolean isEmpty(long[] shape) {
        return Arrays.stream(shape).anyMatch(size -> size == 0);
    }

    private static String tuple(long[] shape) {
        String sizes = Arrays.toString(shape);
        return "(" + sizes.substring(1, sizes.length() - 1) + (shape.length == 1 ? ",)" : ")");
    }

    // -------------------------------------------------------------------- elements

    private Cells cells(Tensor tensor, DType dtype) {
        if (dtype.isComplex()) {
            return complex(read(tensor, DType.COMPLEX128, Tensor::toComplexArray));
        }
        if (dtype == DType.FLOAT4_E2M1FN_X2) {
            return reals(bytes(tensor));
        }
        if (dtype.isFloatingPoint()) {
            return reals(read(tensor, DType.FLOAT64, Tensor::toDoubleArray));
        }
        long[] numbers = read(tensor, DType.INT64, Tensor::toLongArray);
        return texts(
                switch (dtype) {
                    case BOOL -> i -> numbers[i] != 0 ? "True" : "False";
                    case UINT64 -> i -> Long.toUnsignedString(numbers[i]);
                    default -> i -> Long.toString(numbers[i]);
                },
                numbers.length);
    }

    private <T> T read(Tensor tensor, DType dtype, Function<Tensor, T> elements) {
        long edge = summarized ? options.edgeItems() : Long.MAX_VALUE / 2;
        try (Tensor shown = Tensor.result(GradusTorch.gt_edges(tensor.handle(), edge, dtype.code()))) {
            return elements.apply(shown);
        }
    }

    /** Two numbers of 4 bits are shown as the byte that holds them. */
    private static double[] bytes(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.numel())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        double[] numbers = new double[bytes.length];
        Arrays.setAll(numbers, i -> Byte.toUnsignedInt(bytes[i]));
        return numbers;
    }

    private Cells reals(double[] numbers) {
        RealFormat format = RealFormat.of(numbers, options);
        return new Cells(i -> format.format(numbers[i]), format.width() + 2);
    }

    private Cells complex(Complex[] numbers) {
        RealFormat real =
                RealFormat.of(Arrays.stream(numbers).mapToDouble(Complex::real).toArray(), options);
        RealFormat imaginary = RealFormat.of(
                Arrays.stream(numbers).mapToDouble(Complex::imaginary).toArray(), options);
        return new Cells(
                i -> {
                    String second = imaginary.format(numbers[i].imaginary()).stripLeading();
                    String plus = second.startsWith("-") ? "" : "+";
                    return real.format(numbers[i].real()) + plus + second + "j";
                },
                real.width() + imaginary.width() + 3);
    }

    private static Cells texts(IntFunction<String> text, int count) {
        int longest = 1;
        for (int i = 0; i < count; i++) {
            longest = Math.max(longest, text.apply(i).length());
        }
        int width = longest;
        return new Cells(i -> " ".repeat(width - text.apply(i).length()) + text.apply(i), width + 2);
    }
}
