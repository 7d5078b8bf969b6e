package dev.gradus.torch.fuzz;

import dev.gradus.torch.Complex;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Index;
import dev.gradus.torch.PrintOptions;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Random arguments: plausible ones, and hostile ones. */
final class Values {

    private static final long[][] SHAPES = {
        {}, {0}, {1}, {3}, {4}, {2, 3}, {3, 3}, {4, 4}, {0, 3}, {2, 3, 4}, {1, 3, 5, 5}, {2, 4, 8, 8}, {2, 4, 6, 6, 6}
    };
    private static final long[] HOSTILE_LONGS = {
        -1, -7, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40, -(1L << 40), Integer.MIN_VALUE, Integer.MAX_VALUE, 1_000
    };
    private static final double[] HOSTILE_DOUBLES = {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, 1e308, -1e308, Double.MIN_VALUE
    };

    /** How a type is made: of a source of randomness, hostile or not. */
    private interface Maker {
        Object make(Values values, boolean hostile);
    }

    private static final Map<Class<?>, Maker> MAKERS = Map.ofEntries(
            Map.entry(Tensor.class, Values::tensor),
            Map.entry(Generator.class, (v, hostile) -> hostile ? v.closedGenerator : v.openGenerator()),
            Map.entry(boolean.class, (v, _) -> v.random.nextBoolean()),
            Map.entry(int.class, (v, hostile) -> (int) v.number(hostile)),
            Map.entry(long.class, Values::number),
            Map.entry(double.class, Values::real),
            Map.entry(float.class, (v, hostile) -> (float) v.real(hostile)),
            Map.entry(Boolean.class, (v, hostile) -> hostile ? null : v.random.nextBoolean()),
            Map.entry(
                    Integer.class, (v, hostile) -> v.random.nextInt(4) == 0 ? null : (Object) (int) v.number(hostile)),
            Map.entry(Long.class, (v, hostile) -> v.random.nextInt(4) == 0 ? null : (Object) v.number(hostile)),
            Map.entry(Double.class, (v, hostile) -> v.random.nextInt(4) == 0 ? null : (Object) v.real(hostile)),
            Map.entry(
                    Number.class,
                    (v, hostile) -> v.random.nextBoolean() ? (Object) v.number(hostile) : (Object) v.real(hostile)),
            Map.entry(String.class, (v, hostile) -> v.text(hostile)),
            Map.entry(Device.class, (v, hostile) -> hostile ? Device.cuda(v.random.nextInt(3)) : Device.cpu()),
            Map.entry(
                    TensorOptions.class,
                    (v, hostile) ->
                            TensorOptions.of(v.pick(DType.values())).device(hostile ? Device.cuda() : Device.cpu())),
            Map.entry(Index.class, Values::index),
            Map.entry(Complex.class, (v, hostile) -> new Complex(v.real(hostile), v.real(hostile))),
            Map.entry(PrintOptions.class, (v, _) -> PrintOptions.SHORT.threshold(v.random.nextInt(20))),
            Map.entry(Buffer.class, (v, _) -> ByteBuffer.allocate(8 * v.random.nextInt(12))),
            Map.entry(Arena.class, (_, _) -> Arena.ofAuto()),
            Map.entry(MemorySegment.class, (v, _) -> Arena.ofAuto().allocate(8L * v.random.nextInt(12), 16)));

    private final RandomGenerator random;
    private final Function<Boolean, Tensor> tensors;
    private final Generator generator;
    private final Generator closedGenerator;

    /**
     * Values from a source of randomness.
     *
     * @param tensors gives a tensor: one that can be used, or (true) one that is closed, of another thread, or null
     */
    Values(RandomGenerator random, Generator generator, Function<Boolean, Tensor> tensors) {
        this.random = random;
        this.tensors = tensors;
        this.generator = generator;
        this.closedGenerator = Generator.cpu(0);
        closedGenerator.close();
    }

    static boolean canMakeAll(Method method) {
        return Arrays.stream(method.getGenericParameterTypes()).allMatch(Values::canMake);
    }

    private static boolean canMake(Type type) {
        return switch (type) {
            case Class<?> c
            when c.isArray() ->
                canMake(c.getComponentType()) || c.getComponentType().isPrimitive();
            case Class<?> c -> MAKERS.containsKey(c) || c.isEnum();
            case ParameterizedType p -> p.getRawType() == List.class && canMake(p.getActualTypeArguments()[0]);
            default -> false;
        };
    }

    /** The arguments of a call; where it is to be wrong, at least one of them is hostile if any can be. */
    Object[] arguments(Method method, boolean wrong) {
        Type[] types = method.getGenericParameterTypes();
        Object[] arguments = new Object[types.length];
        int hostile = wrong && types.length > 0 ? random.nextInt(types.length) : -1;
        for (int i = 0; i < types.length; i++) {
            arguments[i] = make(types[i], i == hostile || wrong && random.nextInt(4) == 0);
        }
        return arguments;
    }

    private Object make(Type type, boolean hostile) {
        if (type instanceof ParameterizedType list) {
            return list(list.getActualTypeArguments()[0], hostile);
        }
        Class<?> c = (Class<?>) type;
        if (!c.isPrimitive() && hostile && random.nextInt(8) == 0) {
            return null;
        }
        if (c.isEnum()) {
            return pick(c.getEnumConstants());
        }
        return c.isArray()
                ? array(c.getComponentType(), hostile)
                : MAKERS.get(c).make(this, hostile);
    }

    private List<Object> list(Type element, boolean hostile) {
        List<Object> list = new ArrayList<>();
        int size = random.nextInt(hostile ? 6 : 3) + (hostile ? 0 : 1);
        for (int i = 0; i < size; i++) {
            list.add(make(element, hostile && random.nextInt(3) == 0));
        }
        return list;
    }

    private Object array(Class<?> element, boolean hostile) {
        if (element == long.class && !hostile) {
            return pick(SHAPES).clone();
        }
        int size = random.nextInt(hostile ? 80 : 4);
        Object array = Array.newInstance(element, size);
        for (int i = 0; i < size; i++) {
            boolean bad = hostile && random.nextInt(3) == 0;
            if (element == short.class) {
                Array.set(array, i, (short) number(bad));
            } else if (element == byte.class) {
                Array.set(array, i, (byte) number(bad));
            } else if (element == char.class) {
                Array.set(array, i, (char) number(bad));
            } else {
                Array.set(array, i, make(element, bad));
            }
        }
        return array;
    }

    private Tensor tensor(boolean hostile) {
        return tensors.apply(hostile);
    }

    private Index index(boolean hostile) {
        return switch (random.nextInt(6)) {
            case 0 -> Index.at(number(hostile));
            case 1 -> Index.range(number(hostile), number(hostile));
            case 2 -> Index.range(null, number(hostile), Math.max(1, number(hostile)));
            case 3 -> random.nextBoolean() ? Index.ellipsis() : Index.newAxis();
            case 4 -> Index.of(random.nextBoolean());
            default -> tensor(hostile);
        };
    }

    private Generator openGenerator() {
        return random.nextBoolean() ? generator : null;
    }

    private long number(boolean hostile) {
        return hostile ? HOSTILE_LONGS[random.nextInt(HOSTILE_LONGS.length)] : random.nextLong(-2, 5);
    }

    private double real(boolean hostile) {
        return hostile ? HOSTILE_DOUBLES[random.nextInt(HOSTILE_DOUBLES.length)] : random.nextDouble();
    }

    private String text(boolean hostile) {
        return hostile
                ? pick(new String[] {"", "\0", "ij,jk->ik", "\ud800", "x".repeat(5000)})
                : pick(new String[] {"none", "mean", "sum", "constant", "reflect", "ij,jk->ik", "valid", "same", "max"
                });
    }

    <T> T pick(T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** A new tensor with elements of a random kind. */
    Tensor fresh() {
        DType dtype = pick(new DType[] {
            DType.FLOAT32,
            DType.FLOAT32,
            DType.FLOAT32,
            DType.FLOAT64,
            DType.BFLOAT16,
            DType.FLOAT16,
            DType.INT64,
            DType.INT64,
            DType.INT32,
            DType.UINT8,
            DType.BOOL,
            DType.COMPLEX64
        });
        try (Tensor numbers = Torch.rand(generator, pick(SHAPES));
                Tensor scaled = numbers.mul(4.0)) {
            Tensor tensor = scaled.to(dtype);
            if (dtype.isFloatingPoint() && random.nextInt(3) == 0) {
                tensor.requiresGrad_(true);
            }
            return tensor;
        }
    }
}
