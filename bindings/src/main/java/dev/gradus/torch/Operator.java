package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An operator of libtorch, found by its name with {@link Operators#find}. This reaches all that libtorch has, also what
 * no method of {@link Tensor} or {@link Torch} does.
 *
 * <pre>{@code
 * Operator roll = Operators.find("aten::roll");
 * System.out.println(roll.schema());  // aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor
 * Tensor y = roll.callTensor(x, new long[] {1}, new long[] {0});
 * Tensor z = Operators.find("aten::sum", "dim_IntList").with("keepdim", true).with("dim", 1).callTensor(x);
 * }</pre>
 *
 * <h2>Arguments</h2>
 * They are given in the order of the schema, also those that are keyword-only there; those left out have their
 * defaults. {@link #with} gives some by name. Each type of a schema takes these objects:
 *
 * <table>
 * <caption>Types of arguments</caption>
 * <tr><th>Schema</th><th>Java</th></tr>
 * <tr><td>Tensor</td><td>{@link Tensor}</td></tr>
 * <tr><td>int, SymInt</td><td>Integer, Long</td></tr>
 * <tr><td>float</td><td>Double, Float, Integer, Long</td></tr>
 * <tr><td>bool</td><td>Boolean</td></tr>
 * <tr><td>Scalar</td><td>any of the numbers, Boolean, {@link Complex}</td></tr>
 * <tr><td>complex</td><td>{@link Complex} and numbers</td></tr>
 * <tr><td>str</td><td>String</td></tr>
 * <tr><td>ScalarType, Layout, Device, MemoryFormat, Generator</td><td>{@link DType}, {@link Layout}, {@link Device},
 * {@link MemoryFormat}, {@link Generator}</td></tr>
 * <tr><td>T[]</td><td>an array or List of these; for Tensor[] also a {@link TensorList}</td></tr>
 * <tr><td>T[n]</td><td>as T[], or one T, which then stands for n</td></tr>
 * <tr><td>T?</td><td>as T, or null</td></tr>
 * </table>
 *
 * <h2>Results</h2>
 * Tensors are new ones, which belong to the scope or to the caller as any other; one that the operator changed in place
 * is the very object that was given. A tensor that the operator did not make is null. int is Long, float is Double, a
 * list or tuple is a List.
 *
 * <h2>What is not checked</h2>
 * Types are checked here, and values by libtorch. But libtorch wrote some operators for its own use and checks nothing
 * in them: given shapes or lists that they do not expect, they may read or write past the end of a tensor and end the
 * process. They are among those whose name begins with an underscore, such as {@code aten::_cummax_helper}; use the ones
 * that they serve, such as {@code aten::cummax}.
 *
 * <p>An operator may be used by any number of threads.
 */
public final class Operator extends NativeFunction {

    /**
     * An argument or a return.
     *
     * @param name empty for most returns
     * @param type as in the schema: {@code Tensor}, {@code int[2]}, {@code Tensor?[]}, {@code ScalarType?}, ...
     * @param defaultValue as in the schema; null if it has to be given
     * @param keywordOnly whether Python takes it by name only
     * @param changed whether the operator changes it in place
     */
    public record Argument(String name, String type, String defaultValue, boolean keywordOnly, boolean changed) {

        /** As in a schema: {@code int[1] dims=[]}. */
        @Override
        public String toString() {
            return type + (name.isEmpty() ? "" : " " + name) + (defaultValue == null ? "" : "=" + defaultValue);
        }
    }

    /** Stands for an argument that is left out while a later one is given. */
    private static final Object DEFAULT = new Object();

    private final String name;
    private final String overload;
    /** 0 until it is called for the first time. */
    private long operator;

    private OperatorSignature signature;
    /** The overloads that this stands for, where none was named and there are several. */
    private final List<Operator> overloads;

    private Operator(String name, String overload, List<Operator> overloads) {
        this.name = name;
        this.overload = overload;
        this.overloads = overloads;
    }

    /** One that is looked for at its first call. */
    static Operator named(String name, String overload) {
        return new Operator(name, overload, List.of());
    }

    /** That of these overloads whose arguments fit. */
    static Operator anyOf(String name, List<Operator> overloads) {
        return new Operator(name, "", overloads);
    }

    // --------------------------------------------------------------------- describing

    /** The namespace and name, such as {@code aten::add}. */
    public String name() {
        return name;
    }

    /** The overload, such as {@code Tensor}; empty for the one without, and where none was named. */
    public String overload() {
        return overload;
    }

    /**
     * The whole schema: {@code aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor}. Those of all
     * overloads, one a line, where none was named.
     */
    public String schema() {
        if (!overloads.isEmpty()) {
            return String.join("\n", overloads.stream().map(Operator::schema).toList());
        }
        return signature().schema();
    }

    /**
     * The arguments, in the order in which they are given.
     *
     * @throws IllegalStateException if none of several overloads was named
     */
    public List<Argument> arguments() {
        return signature().arguments();
    }

    /**
     * The results.
     *
     * @throws IllegalStateException if none of several overloads was named
     */
    public List<Argument> returns() {
        return signature().returns();
    }

    private OperatorSignature signature() {
        if (!overloads.isEmpty()) {
            throw new IllegalStateException("several overloads have the name " + name + ": " + overloads
                    + "; name one, as in Operators.find(\"" + name + "\", \""
                    + overloads.get(overloads.size() - 1).overload + "\")");
        }
        OperatorSignature known = signature;
        if (known == null) {
            resolve();
            known = OperatorSignature.read(operator);
            signature = known;
        }
        return known;
    }

    // ------------------------------------------------------------------------ calling

    /**
     * Calls it.
     *
     * @param arguments in the order of the schema
     * @return all results; empty for an operator that has none
     * @throws TorchTypeException if an argument is missing, too many are given, or one has the wrong type; it names the
     *     argument
     * @throws TorchException if libtorch refuses
     */
    public List<Object> call(Object... arguments) {
        return call(arguments, Map.of());
    }

    /**
     * Calls an operator whose result is one tensor.
     *
     * @throws TorchTypeException also if the result is something else
     */
    public Tensor callTensor(Object... arguments) {
        return callTensor(arguments, Map.of());
    }

    /**
     * Calls an operator whose results are tensors, or one list of tensors.
     *
     * @return them; null where the operator did not make one
     * @throws TorchTypeException also if a result is something else
     */
    public List<Tensor> callTensors(Object... arguments) {
        return callTensors(arguments, Map.of());
    }

    /** The operator with an argument given by name; that it has one of this name is checked in the call. */
    public WithNames with(String argument, Object value) {
        return new WithNames(Map.of()).with(argument, value);
    }

    /** An operator with some arguments given by name; the others are given in the call. Immutable. */
    public final class WithNames {

        private final Map<String, Object> named;

        private WithNames(Map<String, Object> named) {
            this.named = named;
        }

        /**
         * One more.
         *
         * @throws TorchTypeException if it was given already
         */
        public WithNames with(String argument, Object value) {
            Map<String, Object> more = new LinkedHashMap<>(named);
            if (named.containsKey(argument)) {
                throw new TorchTypeException(Operator.this + ": argument '" + argument + "' is given twice");
            }
            more.put(argument, value);
            return new WithNames(more);
        }

        /** As {@link Operator#call}; the arguments are those from the front. */
        public List<Object> call(Object... arguments) {
            return Operator.this.call(arguments, named);
        }

        /** As {@link Operator#callTensor}. */
        public Tensor callTensor(Object... arguments) {
            return Operator.this.callTensor(arguments, named);
        }

        /** As {@link Operator#callTensors}. */
        public List<Tensor> callTensors(Object... arguments) {
            return Operator.this.callTensors(arguments, named);
        }
    }

    private List<Object> call(Object[] given, Map<String, Object> named) {
        Object[] positional = given == null ? new Object[] {null} : given;
        return choose(positional, named).make(positional, named);
    }

    private Tensor callTensor(Object[] given, Map<String, Object> named) {
        Object[] positional = given == null ? new Object[] {null} : given;
        Operator chosen = choose(positional, named);
        if (!chosen.signature().answersOneTensor()) {
            throw new TorchTypeException(
                    chosen + " does not answer one tensor; use call or callTensors: " + chosen.schema());
        }
        return (Tensor) chosen.make(positional, named).get(0);
    }

    private List<Tensor> callTensors(Object[] given, Map<String, Object> named) {
        Object[] positional = given == null ? new Object[] {null} : given;
        Operator chosen = choose(positional, named);
        if (!chosen.signature().answersTensors()) {
            throw new TorchTypeException(chosen + " does not answer tensors only; use call: " + chosen.schema());
        }
        List<Object> results = chosen.make(positional, named);
        List<?> all = results.size() == 1 && results.get(0) instanceof List<?> list ? list : results;
        List<Tensor> tensors = new ArrayList<>(all.size());
        all.forEach(one -> tensors.add((Tensor) one));
        return Collections.unmodifiableList(tensors);
    }

    /** The overload that takes these arguments. */
    private Operator choose(Object[] positional, Map<String, Object> named) {
        if (overloads.isEmpty()) {
            String refusal = refusal(positional, named, false);
            if (refusal != null) {
                throw new TorchTypeException(refusal);
            }
            return this;
        }
        // An overload that takes the arguments as they are is better than one that converts them.
        for (boolean exact : new boolean[] {true, false}) {
            for (Operator candidate : overloads) {
                if (candidate.refusal(positional, named, exact) == null) {
                    return candidate;
                }
            }
        }
        StringBuilder message = new StringBuilder("no overload of " + name + " takes these arguments:");
        for (Operator candidate : overloads) {
            message.append("\n  ").append(candidate.refusal(positional, named, false));
        }
        throw new TorchTypeException(message.toString());
    }

    /** Why these arguments do not fit the schema; null if they do. */
    private String refusal(Object[] positional, Map<String, Object> named, boolean exact) {
        List<Argument> arguments = arguments();
        if (positional.length > arguments.size()) {
            return this + " takes at most " + arguments.size() + " arguments, not " + positional.length + ": "
                    + schema();
        }
        for (String argument : named.keySet()) {
            int index = signature().indexOf(argument);
            if (index < 0) {
                return this + " has no argument '" + argument + "': " + schema();
            } else if (index < positional.length) {
                return this + ": argument '" + argument + "' is given by place and by name";
            }
        }
        Object[] all = merge(positional, named);
        for (int i = 0; i < arguments.size(); i++) {
            Argument argument = arguments.get(i);
            ArgumentType type = signature().types().get(i);
            if (i >= all.length || all[i] == DEFAULT) {
                if (argument.defaultValue() == null) {
                    return this + ": argument '" + argument.name() + "' (" + argument.type() + ") is missing: "
                            + schema();
                }
            } else if (!type.takes(all[i], exact)) {
                return this + ": argument '" + argument.name() + "': " + type.refusal(all[i]);
            }
        }
        return null;
    }

    /** The arguments in the order of the schema. */
    private Object[] merge(Object[] positional, Map<String, Object> named) {
        int count = positional.length;
        for (String argument : named.keySet()) {
            count = Math.max(count, signature().indexOf(argument) + 1);
        }
        Object[] all = Arrays.copyOf(positional, count, Object[].class);
        Arrays.fill(all, positional.length, count, DEFAULT);
        named.forEach((argument, value) -> all[signature().indexOf(argument)] = value);
        return all;
    }

    private List<Object> make(Object[] positional, Map<String, Object> named) {
        Object[] arguments = merge(positional, named);
        Call call = Call.of(this);
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] == DEFAULT) {
                call.defaultValue();
            } else {
                signature().types().get(i).write(call, arguments[i]);
            }
        }
        return Collections.unmodifiableList(Arrays.asList(call.objects(arguments)));
    }

    // -------------------------------------------------------------- as a native function

    @Override
    void resolve() {
        if (operator == 0) {
            NativeLibrary.require();
            try (Arena arena = Arena.ofConfined()) {
                operator = GradusTorch.gt_operator_find(arena.allocateFrom(name), arena.allocateFrom(overload));
            }
            if (operator == 0) {
                throw TorchException.last();
            }
        }
    }

    @Override
    long invoke(MemorySegment arguments, long count, MemorySegment results, long capacity) {
        return GradusTorch.gt_operator_call(operator, arguments, count, results, capacity);
    }

    @Override
    String label() {
        return overload.isEmpty() ? name : name + "." + overload;
    }

    /** {@code aten::add.Tensor}. */
    @Override
    public String toString() {
        return label();
    }
}
