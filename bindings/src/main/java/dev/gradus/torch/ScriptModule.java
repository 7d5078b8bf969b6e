package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A TorchScript module: what {@code torch.jit.save} wrote in Python, or what {@link #trace} recorded, with its code and weights.
 *
 * <pre>{@code
 * try (ScriptModule module = ScriptModule.load(Path.of("model.pt")).eval()) {
 *     Tensor y = (Tensor) module.forward(x);
 * }
 * }</pre>
 *
 * <p>Values in Java and TorchScript:
 * <table>
 * <caption>Types</caption>
 * <tr><th>TorchScript</th><th>as an argument</th><th>as a result</th></tr>
 * <tr><td>Tensor</td><td>{@link Tensor}</td><td>{@link Tensor}</td></tr>
 * <tr><td>int, float, bool, str</td><td>Integer or Long, Float or Double, Boolean, String</td>
 *     <td>Long, Double, Boolean, String</td></tr>
 * <tr><td>List</td><td>List, or an array of long, double or boolean</td><td>List</td></tr>
 * <tr><td>Tuple</td><td>Object[]</td><td>List</td></tr>
 * <tr><td>Dict</td><td>Map</td><td>Map, in the dict's order</td></tr>
 * <tr><td>Device, None</td><td>{@link Device}, null</td><td>{@link Device}, null</td></tr>
 * </table>
 * A tuple that is the only argument is cast to Object, or Java would spread it.
 * Results are the caller's: tensors belong to the scope that is open, as those of any operator. Gradients flow through.
 *
 * <p>Any number of threads may call it at once. {@link #train}, {@link #eval} and {@link #to} change it for all of them,
 * and wait until no call is under way.
 */
public final class ScriptModule extends NativeHandle {

    private ScriptModule(long address) {
        super(address);
        share(() -> GradusTorch.gt_script_free(address));
    }

    private static ScriptModule wrap(long address) {
        if (address == 0) {
            throw ThreadContext.current().failure();
        }
        return new ScriptModule(address);
    }

    // ------------------------------------------------------------- loading, making, saving

    /** Loads a file; every tensor to the device it was on when it was saved. */
    public static ScriptModule load(Path file) {
        return load(file, null);
    }

    /**
     * Loads a file that {@code torch.jit.save} wrote.
     *
     * @param device where all tensors go; null for where each was when it was saved
     * @throws UncheckedIOException if there is no such file, or it cannot be read
     * @throws TorchException if it is no TorchScript module; the message names the file
     */
    public static ScriptModule load(Path file, Device device) {
        NativeLibrary.require();
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            IOException reason =
                    new NoSuchFileException(file.toString(), null, "there is no such file, or it cannot be read");
            throw new UncheckedIOException("TorchScript module " + reason.getMessage(), reason);
        }
        try (Arena arena = Arena.ofConfined()) {
            return wrap(GradusTorch.gt_script_load(arena.allocateFrom(file.toString()), type(device), index(device)));
        }
    }

    /**
     * Loads a module from a stream, which is read to its end and not closed.
     *
     * @param device where all tensors go; null for where each was when it was saved
     * @throws UncheckedIOException if the stream cannot be read
     * @throws TorchException if it is no TorchScript module
     */
    public static ScriptModule load(InputStream in, Device device) {
        NativeLibrary.require();
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = in.readAllBytes();
            MemorySegment memory = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
            return wrap(GradusTorch.gt_script_load_memory(
                    memory, bytes.length, arena.allocateFrom("the stream"), type(device), index(device)));
        } catch (IOException e) {
            throw new UncheckedIOException("the stream of a TorchScript module could not be read: " + e, e);
        }
    }

    /**
     * Records what a function does, as {@code torch.jit.trace} does in Python; that becomes the method {@code forward}. Recorded
     * are the operators, not the Java code: every other number, such as a size that the code asked for, and every tensor that is
     * neither an argument nor one of those given here, becomes a constant. So it takes inputs of other sizes if the code uses none.
     * Without gradients, the recording is of a pass without them.
     *
     * @param argumentNames of {@code forward}
     * @param function from its arguments to its result; called once, in a scope of its own
     * @param example what it is called with; as many as there are names
     * @param parameters stored in the module under their names, in which dots separate parts; they share their memory
     * @param buffers the same, for what is not trained
     * @throws IllegalArgumentException if there are not as many examples as names
     * @throws TorchValueException if a name is given twice
     */
    public static ScriptModule trace(
            List<String> argumentNames,
            Function<List<Tensor>, Tensor> function,
            List<Tensor> example,
            Map<String, Tensor> parameters,
            Map<String, Tensor> buffers) {
        if (argumentNames.size() != example.size()) {
            throw new IllegalArgumentException(
                    "there must be an example of each argument of " + argumentNames + ", there are " + example.size());
        }
        Guard.requirePlatformThread();
        List<String> names = new ArrayList<>(parameters.keySet());
        names.addAll(buffers.keySet());
        List<Tensor> tensors = new ArrayList<>(parameters.values());
        tensors.addAll(buffers.values());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment inputs = handles(arena, example);
            MemorySegment stored = handles(arena, tensors);
            long id = Upcalls.register((given, _) -> Upcalls.one(function.apply(given)));
            ScriptModule module = wrap(GradusTorch.gt_script_trace(
                    id,
                    lines(arena, argumentNames),
                    inputs,
                    example.size(),
                    lines(arena, names),
                    stored,
                    parameters.size(),
                    tensors.size()));
            Tensor.done();
            return module;
        } finally {
            Reference.reachabilityFence(tensors);
            Upcalls.drain();
        }
    }

    private static MemorySegment handles(Arena arena, List<Tensor> tensors) {
        return arena.allocateFrom(
                ValueLayout.JAVA_LONG,
                tensors.stream().mapToLong(Tensor::handle).toArray());
    }

    private static MemorySegment lines(Arena arena, List<String> names) {
        for (String name : names) {
            if (name.isEmpty() || name.lines().count() != 1) {
                throw new IllegalArgumentException("a name must be one line, is '" + name + "'");
            }
        }
        return arena.allocateFrom(String.join("\n", names));
    }

    /**
     * Adds methods, written in the language of TorchScript:
     *
     * <pre>{@code
     * module.define("""
     *     def twice(self, x):
     *         return 2 * self.forward(x)
     *     """);
     * }</pre>
     *
     * @return this
     * @throws TorchValueException if it is no correct program; the message says where
     */
    public ScriptModule define(String source) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor.check(GradusTorch.gt_script_define(pin(), arena.allocateFrom(source)));
        }
        return this;
    }

    private static int type(Device device) {
        return device == null ? -1 : device.type().code();
    }

    private static int index(Device device) {
        return device == null ? -1 : device.index();
    }

    /**
     * Writes it, for {@link #load} and for {@code torch.jit.load} in Python.
     *
     * @throws TorchException if the file cannot be written
     */
    public void save(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor.check(GradusTorch.gt_script_save(pin(), arena.allocateFrom(file.toString())));
        }
    }

    // ------------------------------------------------------------------------ calls

    /** Calls the method {@code forward}. */
    public Object forward(Object... arguments) {
        return call("forward", arguments);
    }

    /**
     * Calls a method.
     *
     * @param arguments in the order of its {@link #schema}; those left out at the end have their defaults
     * @return its result, as the table above says
     * @throws TorchIndexException if it has no such method
     * @throws TorchTypeException if an argument is of the wrong type; the message names it
     * @throws TorchException if something in it fails, a {@code raise} in its code for example
     */
    public Object call(String method, Object... arguments) {
        NativeLibrary.require();
        Call call = Call.of(new Named(method, GradusTorch::gt_script_call));
        for (Object argument : arguments) {
            add(call, argument);
        }
        return call.objects()[0];
    }

    /** What a {@link Call} calls: a method, or the reading of an attribute, by name. */
    private final class Named extends NativeFunction {
        private final String name;
        private final Native function;
        private long address;

        Named(String name, Native function) {
            this.name = name;
            this.function = function;
        }

        @Override
        void resolve() {
            address = pin();
        }

        @Override
        long invoke(MemorySegment arguments, long count, MemorySegment results, long capacity) {
            try (Arena arena = Arena.ofConfined()) {
                return function.invoke(address, arena.allocateFrom(name), arguments, count, results, capacity);
            }
        }

        @Override
        String label() {
            return name + " of the TorchScript module";
        }
    }

    private interface Native {
        long invoke(
                long module,
                MemorySegment name,
                MemorySegment arguments,
                long count,
                MemorySegment results,
                long capacity);
    }

    private static void add(Call call, Object value) {
        switch (value) {
            case null -> call.none();
            case Tensor tensor -> call.tensor(tensor);
            case Boolean truth -> call.bool(truth);
            case Number number -> call.scalarOrNone(number);
            case String text -> call.string(text);
            case Device device -> call.device(device);
            case DType dtype -> call.dtype(dtype);
            case Generator generator -> call.generator(generator);
            case long[] numbers -> call.ints(numbers);
            case double[] numbers -> call.floats(numbers);
            case boolean[] truths -> call.bools(truths);
            case List<?> list -> {
                call.holder(GradusTorch.GT_VALUE_LIST(), list.size());
                list.forEach(one -> add(call, one));
            }
            case Object[] tuple -> {
                call.holder(GradusTorch.GT_VALUE_TUPLE(), tuple.length);
                for (Object one : tuple) {
                    add(call, one);
                }
            }
            case Map<?, ?> map -> {
                call.holder(GradusTorch.GT_VALUE_DICT(), map.size());
                map.forEach((key, one) -> {
                    add(call, key);
                    add(call, one);
                });
            }
            default -> throw new TorchTypeException("a " + value.getClass().getName() + " is no value of TorchScript");
        }
    }

    /**
     * What a method takes and answers, such as {@code forward(Tensor x, int n=1) -> Tensor}.
     *
     * @throws TorchIndexException if it has no such method
     */
    public String schema(String method) {
        try (Arena arena = Arena.ofConfined()) {
            return text(GradusTorch.gt_script_schema(pin(), arena.allocateFrom(method)));
        }
    }

    private static String text(MemorySegment answer) {
        String text = Strings.of(answer);
        if (text == null) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return text;
    }

    // -------------------------------------------------------------------- what is in it

    /** The names of its methods. */
    public List<String> methods() {
        return names(GradusTorch.GT_SCRIPT_METHODS());
    }

    /** Its parameters and those of its parts by name, such as {@code layers.0.weight}; they share its memory. */
    public Map<String, Tensor> namedParameters() {
        return tensors(GradusTorch.GT_SCRIPT_PARAMETERS());
    }

    /** Its buffers and those of its parts by name; they share its memory. */
    public Map<String, Tensor> namedBuffers() {
        return tensors(GradusTorch.GT_SCRIPT_BUFFERS());
    }

    /** The names of what else is stored in it and its parts, to be read by {@link #attribute}. */
    public List<String> attributes() {
        return names(GradusTorch.GT_SCRIPT_ATTRIBUTES());
    }

    /**
     * A parameter, buffer or attribute.
     *
     * @throws TorchIndexException if it has none of this name
     * @throws TorchTypeException if it is an object, which has no form in Java
     */
    public Object attribute(String name) {
        NativeLibrary.require();
        return Call.of(new Named(
                        name,
                        (module, text, arguments, count, results, capacity) ->
                                GradusTorch.gt_script_get(module, text, results, capacity)))
                .objects()[0];
    }

    private List<String> names(int kind) {
        return text(GradusTorch.gt_script_list(pin(), kind)).lines().toList();
    }

    private Map<String, Tensor> tensors(int kind) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : names(kind)) {
            tensors.put(name, (Tensor) attribute(name));
        }
        return tensors;
    }

    // ---------------------------------------------------------------------- changing it

    /**
     * Sets it and its parts to training: dropout and the like are active.
     *
     * @return this
     */
    public ScriptModule train() {
        Tensor.check(GradusTorch.gt_script_train(pin(), 1));
        return this;
    }

    /**
     * Sets it and its parts to inference.
     *
     * @return this
     */
    public ScriptModule eval() {
        Tensor.check(GradusTorch.gt_script_train(pin(), 0));
        return this;
    }

    /** Whether it is set to training. */
    public boolean isTraining() {
        int training = GradusTorch.gt_script_is_training(pin());
        if (training < 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return training == 1;
    }

    /**
     * Moves its parameters and buffers to a device.
     *
     * @return this
     */
    public ScriptModule to(Device device) {
        Tensor.check(GradusTorch.gt_script_to(pin(), -1, device.type().code(), device.index()));
        return this;
    }

    /**
     * Casts its floating-point parameters and buffers.
     *
     * @return this
     * @throws TorchTypeException if it is no floating-point type
     */
    public ScriptModule to(DType dtype) {
        Tensor.check(GradusTorch.gt_script_to(pin(), dtype.code(), -1, -1));
        return this;
    }

    @Override
    String closedMessage() {
        return "the TorchScript module is closed";
    }

    /** Frees it, when no call is under way any more. Closing twice is harmless. */
    @Override
    public void close() {
        closeShared();
    }
}
