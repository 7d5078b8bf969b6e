package dev.gradus.torch.io;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of Python as data. Python itself runs it as a program, which can call anything; here only what builds numbers,
 * texts, lists, dictionaries and tensors is done. Whatever else it would make becomes a {@link Foreign}.
 *
 * <p>Dictionaries become maps, lists and tuples lists, None null.
 */
final class Pickle {
    /** An object of a class that has no form here. */
    record Foreign(String name) {}

    /** What the file calls by name: a function or a class. */
    record Global(String name) {}

    /** What makes the objects that are outside of the pickle or not of Python itself. */
    interface Maker {
        /** What a persistent id stands for. */
        Object persistent(List<?> id) throws IOException;

        /** The result of a call; a {@link Foreign} where it is not known. */
        Object call(String name, List<?> arguments) throws IOException;
    }

    private static final Object MARK = new Object();

    /** A long of more bytes is no number that a file of tensors needs. */
    private static final int LONGEST = 8;

    private final ByteBuffer in;
    private final Maker maker;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    private Pickle(byte[] bytes, Maker maker) {
        this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.maker = maker;
    }

    /**
     * The object that a pickle holds.
     *
     * @throws IOException if it is damaged, or uses what is not understood; or as the maker throws it
     */
    static Object read(byte[] bytes, Maker maker) throws IOException {
        Pickle pickle = new Pickle(bytes, maker);
        try {
            while (pickle.step()) {
                // Each step is one instruction.
            }
            return pickle.pop();
        } catch (BufferUnderflowException | ClassCastException | IndexOutOfBoundsException | NullPointerException e) {
            throw new IOException("damaged at byte " + pickle.in.position(), e);
        }
    }

    private boolean step() throws IOException {
        int code = in.get() & 0xFF;
        switch (code) {
            case 0x80 -> in.get(); // the protocol
            case 0x95 -> in.getLong(); // the length of a frame
            case '.' -> {
                return false;
            }
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) (in.get() & 0xFF));
            case 'M' -> push((long) (in.getShort() & 0xFFFF));
            case 'J' -> push((long) in.getInt());
            case 0x8a -> push(number(in.get() & 0xFF));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            case 'X' -> push(text(in.getInt()));
            case 0x8c, 'U' -> push(text(in.get() & 0xFF));
            case '}' -> push(new LinkedHashMap<Object, Object>());
            case ']' -> push(new ArrayList<>());
            case ')' -> push(List.of());
            case 0x85 -> push(tuple(stack.size() - 1));
            case 0x86 -> push(tuple(stack.size() - 2));
            case 0x87 -> push(tuple(stack.size() - 3));
            case 't' -> push(sinceMark());
            case '(' -> push(MARK);
            case 'a' -> append(tuple(stack.size() - 1));
            case 'e' -> append(sinceMark());
            case 's' -> put(tuple(stack.size() - 2));
            case 'u' -> put(sinceMark());
            case 'q' -> memo.put(in.get() & 0xFF, top());
            case 'r' -> memo.put(in.getInt(), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> push(remembered(in.get() & 0xFF));
            case 'j' -> push(remembered(in.getInt()));
            case 'c' -> push(new Global(line() + "." + line()));
            case 0x93 -> {
                String name = (String) pop();
                push(new Global(pop() + "." + name));
            }
            case 'Q' -> push(maker.persistent((List<?>) pop()));
            case 'R', 0x81 -> {
                List<?> arguments = (List<?>) pop();
                push(maker.call(((Global) pop()).name(), arguments));
            }
            case 'b' -> pop(); // attributes of the object below, which data does not need
            case '0' -> pop();
            default -> throw new IOException(String.format("instruction 0x%02x of its pickle is not understood", code));
        }
        return true;
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() {
        return stack.removeLast();
    }

    private Object top() {
        return stack.getLast();
    }

    private Object remembered(int place) {
        if (!memo.containsKey(place)) {
            throw new IndexOutOfBoundsException("nothing was remembered at " + place);
        }
        return memo.get(place);
    }

    private List<Object> tuple(int from) {
        List<Object> part = stack.subList(from, stack.size());
        List<Object> values = new ArrayList<>(part);
        part.clear();
        return values;
    }

    private List<Object> sinceMark() {
        int mark = stack.lastIndexOf(MARK);
        List<Object> values = tuple(mark + 1);
        if (pop() != MARK) {
            throw new ClassCastException("no mark");
        }
        return values;
    }

    @SuppressWarnings("unchecked")
    private void append(List<?> values) {
        if (!(top() instanceof Foreign)) {
            ((List<Object>) top()).addAll(values);
        }
    }

    @SuppressWarnings("unchecked")
    private void put(List<Object> pairs) {
        if (top() instanceof Foreign) {
            return;
        }
        Map<Object, Object> map = (Map<Object, Object>) top();
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            Object key = pairs.get(i);
            // Others could hold themselves, and have no hash then.
            map.put(key instanceof String || key instanceof Long ? key : new Object(), pairs.get(i + 1));
        }
    }

    private long number(int size) throws IOException {
        if (size > LONGEST) {
            throw new IOException("a number of " + size + " bytes is not understood");
        }
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (in.get() & 0xFFL) << 8 * i;
        }
        int unused = 64 - 8 * size;
        return size == 0 ? 0 : value << unused >> unused;
    }

    private String text(int size) {
        if (size < 0 || size > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[size];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() {
        int from = in.position();
        while (in.get() != '\n') {
            // To the end of the line.
        }
        return new String(Arrays.copyOfRange(in.array(), from, in.position() - 1), StandardCharsets.UTF_8);
    }
}
